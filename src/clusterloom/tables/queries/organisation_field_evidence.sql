-- Activities of each organisation in each field, and those of them whose evidence is not verified.
-- Answers to the survey carry their marks elsewhere: the join leaves them out. So are sources that
-- mark nothing at all: where nobody gives marks, nothing is unmarked.
SELECT
    af.org_id,
    af.field_id,
    COUNT(*) AS n_marked,
    CAST(SUM(CASE WHEN a.evidence = 'verified' THEN 0 ELSE 1 END) AS BIGINT) AS n_weak
FROM activity_field AS af
JOIN activity AS a ON a.activity_id = af.activity_id
JOIN (SELECT DISTINCT source_id FROM activity WHERE evidence IS NOT NULL) AS marking
    ON marking.source_id = a.source_id
GROUP BY af.org_id, af.field_id
ORDER BY af.org_id, af.field_id
