-- Which kinds of work the sources of each country name at all, whether or not a field was found.
SELECT o.country AS country, w.kind AS kind, COUNT(*) AS n_rows
FROM (
    SELECT org_id, kind FROM activity
    UNION ALL
    SELECT org_id, kind FROM activity_field
) AS w
JOIN organisation AS o ON o.org_id = w.org_id
GROUP BY o.country, w.kind
ORDER BY o.country, w.kind
