-- How much of each field each organisation does: sure, whole directions; 1 = one such direction.
SELECT
    af.org_id,
    af.field_id,
    SUM(af.share * af.confidence * COALESCE(a.weight, 1.0)) AS weight
FROM activity_field AS af
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
GROUP BY af.org_id, af.field_id
ORDER BY af.org_id, af.field_id
