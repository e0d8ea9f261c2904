-- How much of each field each country does in each period, as in candidate_period.
WITH piece AS (
    SELECT
        o.country AS country,
        af.field_id AS field_id,
        CAST(FLOOR(CAST($as_of - COALESCE(a.year, d.year) AS DOUBLE) / $period_years) AS BIGINT) AS period,
        af.share * af.confidence * COALESCE(a.weight, 1.0) AS amount
    FROM activity_field AS af
    JOIN organisation AS o ON o.org_id = af.org_id
    LEFT JOIN activity AS a ON a.activity_id = af.activity_id
    LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
)
SELECT country, field_id, period, exact_sum(amount) AS weight
FROM piece
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3 NULLS FIRST
