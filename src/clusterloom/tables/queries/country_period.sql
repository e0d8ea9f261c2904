-- Pieces of work (projects, or directions) of each country by period, as in candidate_period.
SELECT
    o.country AS country,
    CAST(FLOOR(CAST($as_of - COALESCE(a.year, d.year) AS DOUBLE) / $period_years) AS BIGINT) AS period,
    COUNT(DISTINCT COALESCE(a.event_id, af.activity_id)) AS n_works
FROM activity_field AS af
JOIN organisation AS o ON o.org_id = af.org_id
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
GROUP BY 1, 2
ORDER BY 1, 2 NULLS FIRST
