-- Pairs of organisations with at least one working tie; parents and memoranda are not working ties.
SELECT
    LEAST(org_a, org_b) AS org_a,
    GREATEST(org_a, org_b) AS org_b,
    COUNT(*) AS n_links
FROM link
WHERE kind NOT IN ('parent', 'memorandum') AND org_a <> org_b
GROUP BY 1, 2
ORDER BY 1, 2
