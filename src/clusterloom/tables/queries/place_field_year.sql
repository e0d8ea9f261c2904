-- How much of each field each place does in each year; NULL for work without a date.
-- $level: organisation, place, region or country. Exact decimals: no order of summing changes them.
SELECT
    CASE $level
        WHEN 'organisation' THEN o.org_id
        WHEN 'place' THEN o.place_id
        WHEN 'region' THEN o.country || ' ' || o.region
        ELSE o.country
    END AS place,
    af.field_id AS field_id,
    COALESCE(a.year, d.year) AS year,
    SUM(CAST(af.share * af.confidence * COALESCE(a.weight, 1.0) AS DECIMAL(38, 12))) AS weight,
    COUNT(DISTINCT af.activity_id) AS n_directions
FROM activity_field AS af
JOIN organisation AS o ON o.org_id = af.org_id
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
GROUP BY 1, 2, 3
ORDER BY 1 NULLS FIRST, 2, 3 NULLS FIRST
