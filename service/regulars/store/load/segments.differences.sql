-- Rows of a pull of segments that differ from what is known, and those that the settings name no
-- more: these are removed.
COPY (
    WITH newest AS (
        SELECT id, max(ordinal) AS ordinal FROM read_parquet($parts) GROUP BY id
    ),
    staged AS (
        SELECT p.* FROM read_parquet($parts) AS p JOIN newest USING (id, ordinal)
    ),
    known AS (
        SELECT * FROM segments WHERE connection = $connection
    ),
    changed AS (
        SELECT
            s.id, s.name, s.status, s.means, s.post_id, s.calculated_at, s.results,
            'present' AS presence, CAST(NULL AS TIMESTAMP) AS absent_since, s.seen_at
        FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
        WHERE k.id IS NULL OR k.presence <> 'present'
            OR (s.name, s.status, s.means, s.post_id, s.calculated_at, s.results)
            IS DISTINCT FROM
               (k.name, k.status, k.means, k.post_id, k.calculated_at, k.results)
    ),
    absent AS (
        SELECT
            k.id, k.name, k.status, k.means, k.post_id, k.calculated_at, k.results,
            CASE WHEN k.presence = 'present' AND NOT $confirmed THEN 'missing' ELSE 'removed' END
                AS presence,
            coalesce(k.absent_since, $started_at) AS absent_since, $ended_at AS seen_at
        FROM known AS k
        WHERE $whole AND k.presence <> 'removed'
            AND NOT EXISTS (SELECT 1 FROM staged AS s WHERE s.id = k.id)
            AND k.id NOT IN (SELECT unnest($quarantined))
    )
    SELECT $publication AS publication, $connection AS connection, *
    FROM (SELECT * FROM changed UNION ALL SELECT * FROM absent) AS rows
    ORDER BY id
) TO $target (FORMAT parquet, COMPRESSION zstd, KV_METADATA {regulars_format: '1', stream: 'segments'})
