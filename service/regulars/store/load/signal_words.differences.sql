-- The texts of readers in a part of signals, of the kinds whose texts are kept ($kept_kinds).
COPY (
    WITH keyed AS (
        SELECT p.kind, p.text, p.ordinal, p.seen_at, p.kind || '/' || coalesce(p.id, 'row_' ||
            substr(sha256(concat_ws(chr(31),
                p.kind, coalesce(p.subscription_id, ''), coalesce(p.post_id, ''),
                coalesce(CAST(p.at AS VARCHAR), ''), coalesce(CAST(p.machine AS VARCHAR), ''),
                coalesce(p.url, ''), coalesce(p.question_id, ''), coalesce(p.answer, ''),
                coalesce(p.text, '')
            )), 1, 40)) AS id
        FROM read_parquet($parts) AS p
        WHERE p.kind IN (SELECT unnest($kept_kinds))
    ),
    newest AS (
        SELECT id, max(ordinal) AS ordinal FROM keyed GROUP BY id
    ),
    staged AS (
        SELECT k.id, k.text, k.seen_at FROM keyed AS k JOIN newest USING (id, ordinal)
    ),
    known AS (
        SELECT w.id, w.text FROM words AS w
        WHERE w.connection = $connection AND w.subject = 'signal'
            AND w.id IN (SELECT id FROM staged)
    )
    SELECT $publication AS publication, $connection AS connection, 'signal' AS subject, s.id,
        CAST(NULL AS VARCHAR) AS email, CAST(NULL AS VARCHAR) AS name, s.text,
        CAST(NULL AS VARCHAR) AS words
    FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
    WHERE ((k.id IS NULL AND s.text IS NOT NULL) OR (k.id IS NOT NULL AND s.text IS DISTINCT FROM k.text))
        AND NOT ($is_dated AND EXISTS (
            SELECT 1 FROM signals AS n
            WHERE n.connection = $connection AND n.kind || '/' || n.signal_key = s.id
                AND n.seen_at > s.seen_at
        ))
    ORDER BY s.id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'words'})
