-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- Rows of a pull of @table that differ from the known ones. For a whole pull also those that have
-- disappeared: missing at first, removed once a second whole pull confirms it. One join that keeps
-- both sides: for a small pull, planning a second one takes longer than all rows.
COPY (
    WITH known AS (
        SELECT * FROM @table WHERE connection = $connection
    )
    SELECT $publication AS publication, $connection AS connection, coalesce(s.id, k.id) AS id,
        @of_either,
        CASE WHEN s.id IS NOT NULL THEN 'present'
            WHEN k.presence = 'present' AND NOT $confirmed THEN 'missing' ELSE 'removed' END
            AS presence,
        CASE WHEN s.id IS NULL THEN coalesce(k.absent_since, $started_at) END AS absent_since,
        coalesce(s.seen_at, $ended_at) AS seen_at
    FROM read_parquet($parts) AS s FULL JOIN known AS k ON k.id = s.id
    WHERE CASE WHEN s.id IS NULL THEN $whole AND k.presence NOT IN ('removed', 'pushed')
            ELSE k.id IS NULL OR k.presence <> 'present' OR (@of_s) IS DISTINCT FROM (@of_k) END
        AND (s.id IS NOT NULL OR k.id NOT IN (SELECT unnest($quarantined)))
        AND NOT ($is_dated AND coalesce(k.seen_at > coalesce(s.seen_at, $started_at), false))
    ORDER BY id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: '@table'})
