-- How much of each field each organisation does: sure, whole directions; 1 = one such direction.
-- Exact decimals: no order of summing changes them.
SELECT
    af.org_id AS org_id,
    af.field_id AS field_id,
    SUM(CAST(af.share * af.confidence * COALESCE(a.weight, 1.0) AS DECIMAL(38, 12))) AS weight
FROM activity_field AS af
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
GROUP BY af.org_id, af.field_id
ORDER BY af.org_id, af.field_id
