-- New or different signals of a part. They are compared only with the stored rows of the part's
-- posts and span of time. In a source without ids, all columns are the key. An open or a click that
-- is known but for who made it, a machine or a person, keeps its key (rekeyed.sql). Signals of a
-- post that was deleted at the provider may lack it now, and keep the post that is known. Only such
-- rows ($lacks_posts) are looked up by their keys, because their time may have moved or be missing.
-- An export ($is_dated) says nothing of signals that a newer one brought.
COPY (
    WITH keyed AS (
        SELECT p.kind, coalesce(p.id, 'row_' || substr(sha256(concat_ws(chr(31),
                p.kind, coalesce(p.subscription_id, ''), coalesce(p.post_id, ''),
                coalesce(CAST(p.at AS VARCHAR), ''), coalesce(CAST(p.machine AS VARCHAR), ''),
                coalesce(p.url, ''), coalesce(p.question_id, ''), coalesce(p.answer, ''),
                coalesce(p.text, '')
            )), 1, 40)) AS signal_key,
            p.subscription_id, p.post_id, p.at AS happened_at, p.machine, p.url, p.question_id,
            p.answer, p.seen_at, p.ordinal
        FROM read_parquet($parts) AS p
    ),
    newest AS (
        SELECT kind, signal_key, max(ordinal) AS ordinal FROM keyed GROUP BY kind, signal_key
    ),
    staged AS (
        SELECT k.* REPLACE (coalesce(r.signal_key, k.signal_key) AS signal_key)
        FROM keyed AS k JOIN newest USING (kind, signal_key, ordinal)
        LEFT JOIN rekeyed AS r ON r.ordinal = k.ordinal
    ),
    span AS (
        SELECT min(happened_at) AS first_at, max(happened_at) AS last_at FROM staged
    ),
    known AS (
        SELECT s.* FROM signals AS s, span
        WHERE s.connection = $connection
            AND (s.post_id IN (SELECT post_id FROM staged)
                OR s.happened_at BETWEEN span.first_at AND span.last_at
                OR ($lacks_posts
                    AND s.signal_key IN (SELECT signal_key FROM staged WHERE post_id IS NULL)))
    )
    SELECT $publication AS publication, $connection AS connection, s.kind, s.signal_key,
        s.subscription_id, coalesce(s.post_id, k.post_id) AS post_id, s.happened_at, s.machine,
        s.url, s.question_id, s.answer, s.seen_at
    FROM staged AS s LEFT JOIN known AS k ON k.kind = s.kind AND k.signal_key = s.signal_key
    WHERE k.signal_key IS NULL
        OR ((s.subscription_id, coalesce(s.post_id, k.post_id), s.happened_at, s.machine, s.url,
            s.question_id, s.answer)
        IS DISTINCT FROM
           (k.subscription_id, k.post_id, k.happened_at, k.machine, k.url, k.question_id,
            k.answer)
        AND NOT ($is_dated AND k.seen_at > s.seen_at))
    ORDER BY s.subscription_id, post_id, s.kind, s.signal_key
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'signals'})
