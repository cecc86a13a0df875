-- Rows of a pull of @table that differ from what is known; of a whole pull also those that the
-- provider no longer shows: missing at first, removed once a second whole pull confirms it.
COPY (
    WITH newest AS (
        SELECT id, max(ordinal) AS ordinal FROM read_parquet($parts) GROUP BY id
    ),
    staged AS (
        SELECT p.* FROM read_parquet($parts) AS p JOIN newest USING (id, ordinal)
    ),
    known AS (
        SELECT * FROM @table WHERE connection = $connection
    ),
    changed AS (
        SELECT
            s.id, @of_s,
            'present' AS presence, CAST(NULL AS TIMESTAMP) AS absent_since, s.seen_at
        FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
        WHERE k.id IS NULL OR k.presence <> 'present' OR (@of_s) IS DISTINCT FROM (@of_k)
    ),
    absent AS (
        SELECT
            k.id, @of_k,
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
) TO $target (FORMAT parquet, COMPRESSION zstd, KV_METADATA {regulars_format: '1', stream: '@table'})
