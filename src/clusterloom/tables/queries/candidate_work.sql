-- Work of the members of each candidate that was tested, in its family; each piece is one row.
-- Whether its paradigm is known in these fields, and is the VI: as judged where somebody judged the
-- piece, else as its source or the survey states.
WITH judged AS (
    SELECT
        activity_id,
        origin,
        CASE WHEN label = 'VI' THEN 1 ELSE 0 END AS six,
        '|' || fields || '|' AS fields
    FROM direction_paradigm
)
SELECT
    c.candidate_id AS candidate_id,
    af.activity_id AS activity_id,
    MIN(af.kind) AS kind,
    MAX(CASE
        WHEN j.activity_id IS NULL THEN CASE WHEN af.paradigm IS NULL THEN 0 ELSE 1 END
        WHEN j.origin IS NULL THEN 0
        WHEN j.fields IS NULL OR INSTR(j.fields, '|' || af.field_id || '|') > 0 THEN 1
        ELSE 0
    END) AS paradigm_known,
    MAX(CASE
        WHEN j.activity_id IS NULL THEN CASE WHEN af.paradigm = 'VI' THEN 1 ELSE 0 END
        WHEN j.origin IS NULL THEN 0
        WHEN j.fields IS NULL OR INSTR(j.fields, '|' || af.field_id || '|') > 0 THEN j.six
        ELSE 0
    END) AS paradigm_six,
    MIN(a.evidence) AS evidence,
    MIN(COALESCE(a.year, d.year)) AS year,
    MIN(COALESCE(a.source_id, d.source_id)) AS source_id
FROM candidate AS c
JOIN candidate_member AS cm ON cm.candidate_id = c.candidate_id
JOIN activity_field AS af ON af.org_id = cm.org_id
JOIN field_family AS ff ON ff.field_id = af.field_id AND ff.family_id = c.family_id
LEFT JOIN judged AS j ON j.activity_id = af.activity_id
LEFT JOIN activity AS a ON a.activity_id = af.activity_id
LEFT JOIN development AS d ON 'development:' || d.development_id = af.activity_id
WHERE c.verdict <> 'too_small'
GROUP BY c.candidate_id, af.activity_id
ORDER BY c.candidate_id, af.activity_id
