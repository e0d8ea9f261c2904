-- Working ties of the members of each candidate that was tested, each tie once.
-- Parents and memoranda are not working ties.
WITH tie_end AS (
    SELECT link_id, org_a AS org_id FROM link
    WHERE kind NOT IN ('parent', 'memorandum') AND org_a <> org_b
    UNION ALL
    SELECT link_id, org_b AS org_id FROM link
    WHERE kind NOT IN ('parent', 'memorandum') AND org_a <> org_b
), held AS (
    SELECT DISTINCT c.candidate_id AS candidate_id, e.link_id AS link_id
    FROM candidate AS c
    JOIN candidate_member AS cm ON cm.candidate_id = c.candidate_id
    JOIN tie_end AS e ON e.org_id = cm.org_id
    WHERE c.verdict <> 'too_small'
)
SELECT
    h.candidate_id AS candidate_id,
    l.link_id AS link_id,
    l.org_a AS org_a,
    l.org_b AS org_b,
    l.kind AS kind,
    a.country AS country_a,
    b.country AS country_b,
    l.source_id AS source_id,
    l.since_year AS year
FROM held AS h
JOIN link AS l ON l.link_id = h.link_id
LEFT JOIN organisation AS a ON a.org_id = l.org_a
LEFT JOIN organisation AS b ON b.org_id = l.org_b
ORDER BY h.candidate_id, l.link_id
