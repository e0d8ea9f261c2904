-- Pieces of work (projects, or directions) and organisations of each candidate in its family, by
-- period; 0 is the latest period, NULL has no date, below 0 is after $as_of.
SELECT
    cm.candidate_id AS candidate_id,
    CAST(FLOOR(CAST($as_of - COALESCE(a.year, d.year) AS DOUBLE) / $period_years) AS BIGINT) AS period,
    COUNT(DISTINCT COALESCE(a.event_id, af.activity_id)) AS n_works,
    COUNT(DISTINCT af.org_id) AS n_organisations
FROM candidate_member AS cm
JOIN candidate AS c ON c.candidate_id = cm.candidate_id
JOIN activity_field AS af ON af.org_id = cm.org_id
JOIN field_family AS ff ON ff.field_id = af.field_id AND ff.family_id = c.family_id
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
GROUP BY 1, 2
ORDER BY 1, 2 NULLS FIRST
