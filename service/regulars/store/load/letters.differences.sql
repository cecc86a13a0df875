-- New or different letters of a part. One mail may lie in several folders of a mailbox: the writer's own
-- copy counts before another, and a copy outside of junk before one in it. That a mail was answered
-- stays so, and the clock that first told its time keeps it.
COPY (
    WITH ranked AS (
        SELECT *, row_number() OVER (
            PARTITION BY id ORDER BY direction = 'out' DESC, is_junk, ordinal DESC
        ) AS place
        FROM read_parquet($parts)
    ),
    known AS (
        SELECT * FROM letters
        WHERE connection = $connection AND id IN (SELECT id FROM ranked)
    ),
    staged AS (
        SELECT $publication AS publication, $connection AS connection,
            s.* EXCLUDE (place, ordinal) REPLACE (
                coalesce(k.arrived_at, s.arrived_at) AS arrived_at,
                coalesce(k.clock, s.clock) AS clock,
                CASE WHEN k.is_answered THEN TRUE ELSE s.is_answered END AS is_answered,
                s.is_junk AND coalesce(k.is_junk, TRUE) AS is_junk
            )
        FROM ranked AS s LEFT JOIN known AS k ON k.id = s.id
        WHERE s.place = 1 AND NOT (coalesce(k.direction, '') = 'out' AND s.direction = 'in')
    ),
    changed AS (
        SELECT * EXCLUDE (seen_at) FROM staged
        EXCEPT SELECT * EXCLUDE (seen_at, entry) FROM known
    )
    SELECT staged.* FROM staged SEMI JOIN changed ON changed.id = staged.id
    ORDER BY staged.arrived_at, staged.id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'letters'})
