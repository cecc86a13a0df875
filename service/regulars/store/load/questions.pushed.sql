-- New or different questions that came by webhook. No pull lists them, so their presence says so,
-- and a pull that lacks them says nothing of them. An older version ($is_dated) is passed over.
COPY (
    WITH newest AS (
        SELECT id, max(ordinal) AS ordinal FROM read_parquet($parts) GROUP BY id
    ),
    staged AS (
        SELECT p.* FROM read_parquet($parts) AS p JOIN newest USING (id, ordinal)
    ),
    known AS (
        SELECT * FROM questions WHERE connection = $connection
    )
    SELECT $publication AS publication, $connection AS connection, s.id, s.kind, s.name, s.text,
        s.choices, s.created_at, s.responses, s.extra, 'pushed' AS presence,
        CAST(NULL AS TIMESTAMP) AS absent_since, s.seen_at
    FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
    WHERE (k.id IS NULL
            OR (s.kind, s.name, s.text, s.choices) IS DISTINCT FROM (k.kind, k.name, k.text, k.choices))
        AND NOT ($is_dated AND coalesce(k.seen_at > s.seen_at, false))
    ORDER BY s.id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'questions'})
