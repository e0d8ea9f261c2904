-- How much work is dated to each year (NULL: no date), by when its source was retrieved.
SELECT w.year AS year, s.retrieved AS retrieved, COUNT(*) AS n_rows
FROM (
    SELECT year, source_id FROM activity
    UNION ALL
    SELECT year, source_id FROM development
) AS w
LEFT JOIN source AS s ON s.source_id = w.source_id
GROUP BY 1, 2
ORDER BY 1 NULLS FIRST, 2 NULLS FIRST
