-- Sources of each organisation's work in any field, with the first and last year that rows carry.
SELECT
    af.org_id AS org_id,
    COALESCE(a.source_id, d.source_id) AS source_id,
    MIN(COALESCE(a.year, d.year)) AS first_year,
    MAX(COALESCE(a.year, d.year)) AS last_year,
    MAX(CASE WHEN COALESCE(a.year, d.year) IS NULL THEN 1 ELSE 0 END) AS undated
FROM activity_field AS af
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
GROUP BY 1, 2
ORDER BY 1, 2 NULLS FIRST
