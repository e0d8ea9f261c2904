-- How much of each field the members of each candidate do in each period, as in candidate_period.
WITH piece AS (
    SELECT
        cm.candidate_id AS candidate_id,
        af.field_id AS field_id,
        CAST(FLOOR(CAST($as_of - COALESCE(a.year, d.year) AS DOUBLE) / $period_years) AS BIGINT) AS period,
        af.share * af.confidence * COALESCE(a.weight, 1.0) AS amount,
        COALESCE(a.event_id, af.activity_id) AS work_id
    FROM candidate_member AS cm
    JOIN activity_field AS af ON af.org_id = cm.org_id
    LEFT JOIN activity AS a ON a.activity_id = af.activity_id
    LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
)
SELECT candidate_id, field_id, period, exact_sum(amount) AS weight, COUNT(DISTINCT work_id) AS n_works
FROM piece
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3 NULLS FIRST
