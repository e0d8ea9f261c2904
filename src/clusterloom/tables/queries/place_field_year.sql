-- How much of each field each place does in each year; NULL for work without a date.
-- $level: organisation, place, region or country.
WITH piece AS (
    SELECT
        CASE $level
            WHEN 'organisation' THEN o.org_id
            WHEN 'place' THEN o.place_id
            WHEN 'region' THEN o.country || ' ' || o.region
            ELSE o.country
        END AS place,
        af.field_id AS field_id,
        COALESCE(a.year, d.year) AS year,
        af.share * af.confidence * COALESCE(a.weight, 1.0) AS amount,
        af.activity_id AS activity_id
    FROM activity_field AS af
    JOIN organisation AS o ON o.org_id = af.org_id
    LEFT JOIN activity AS a ON a.activity_id = af.activity_id
    LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
)
SELECT place, field_id, year, exact_sum(amount) AS weight, COUNT(DISTINCT activity_id) AS n_directions
FROM piece
GROUP BY 1, 2, 3
ORDER BY 1 NULLS FIRST, 2, 3 NULLS FIRST
