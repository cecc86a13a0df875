-- Rows of a pull of lists that differ from what is known; of a whole pull also those that
-- the provider no longer shows: missing at first, removed once a second whole pull confirms it.
COPY (
    WITH newest AS (
        SELECT id, max(ordinal) AS ordinal FROM read_parquet($parts) GROUP BY id
    ),
    staged AS (
        SELECT p.* FROM read_parquet($parts) AS p JOIN newest USING (id, ordinal)
    ),
    known AS (
        SELECT * FROM lists WHERE connection = $connection
    ),
    changed AS (
        SELECT
            s.id, s.name, s.status, s.created_at, s.subscribers, s.extra,
            'present' AS presence, CAST(NULL AS TIMESTAMP) AS absent_since, s.seen_at
        FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
        WHERE k.id IS NULL OR k.presence <> 'present'
            OR (s.name, s.status, s.created_at, s.subscribers, s.extra)
            IS DISTINCT FROM
               (k.name, k.status, k.created_at, k.subscribers, k.extra)
    ),
    absent AS (
        SELECT
            k.id, k.name, k.status, k.created_at, k.subscribers, k.extra,
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
) TO $target (FORMAT parquet, COMPRESSION zstd, KV_METADATA {regulars_format: '1', stream: 'lists'})
