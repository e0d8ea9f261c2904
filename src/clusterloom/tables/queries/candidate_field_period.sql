-- How much of each field the members of each candidate do in each period, as in candidate_period.
SELECT
    cm.candidate_id AS candidate_id,
    af.field_id AS field_id,
    CAST(FLOOR(CAST($as_of - COALESCE(a.year, d.year) AS DOUBLE) / $period_years) AS BIGINT) AS period,
    SUM(CAST(af.share * af.confidence * COALESCE(a.weight, 1.0) AS DECIMAL(38, 12))) AS weight,
    COUNT(DISTINCT COALESCE(a.event_id, af.activity_id)) AS n_works
FROM candidate_member AS cm
JOIN activity_field AS af ON af.org_id = cm.org_id
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3 NULLS FIRST
