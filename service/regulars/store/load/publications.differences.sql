-- Rows of a pull of publications that differ from the known ones.
COPY (
    WITH known AS (
        SELECT * FROM publications WHERE connection = $connection
    )
    SELECT $publication AS publication, $connection AS connection,
        s.id, s.name, s.created_at, s.active_subscriptions, s.extra
    FROM read_parquet($parts) AS s LEFT JOIN known AS k ON k.id = s.id
    WHERE k.id IS NULL
        OR (s.name, s.created_at, s.active_subscriptions, s.extra)
        IS DISTINCT FROM
           (k.name, k.created_at, k.active_subscriptions, k.extra)
    ORDER BY s.id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'publications'})
