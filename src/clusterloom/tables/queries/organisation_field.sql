-- How much of each field each organisation does: sure, whole directions; 1 = one such direction.
WITH piece AS (
    SELECT
        af.org_id AS org_id,
        af.field_id AS field_id,
        af.share * af.confidence * COALESCE(a.weight, 1.0) AS amount
    FROM activity_field AS af
    LEFT JOIN activity AS a ON a.activity_id = af.activity_id
)
SELECT org_id, field_id, exact_sum(amount) AS weight
FROM piece
GROUP BY org_id, field_id
ORDER BY org_id, field_id
