-- A template: store/statements.py fills in what follows an at sign.
-- Posts of a pull, merged with what was known (posts.merged.sql), that differ from the known ones.
-- For a whole pull also those that have disappeared, as in present.differences.sql. An export
-- ($is_dated) says nothing of posts that a newer one showed, so what it shows unchanged is noted too.
-- What an older export shows first is gone if a newer complete one lacked it.
COPY (
    WITH known AS (
        SELECT * FROM posts WHERE connection = $connection
    ),
    looks AS (
        SELECT shown_from, shown_until, coalesce(unread, '') AS unread
        FROM run_streams
        WHERE $is_dated AND connection = $connection AND stream = 'posts' AND outcome = 'whole'
            AND shown_from IS NOT NULL AND (quarantined = 0 OR unread IS NOT NULL)
    ),
    lacking AS (
        SELECT s.id, min(l.shown_until) AS gone_at
        FROM merged_posts AS s
        JOIN looks AS l ON l.shown_from > s.seen_at
            AND NOT contains(l.unread, substr(sha256(s.id), 1, 12))
        WHERE s.id NOT IN (SELECT id FROM known)
        GROUP BY s.id
    )
    SELECT $publication AS publication, $connection AS connection, coalesce(s.id, k.id) AS id,
        @of_either,
        CASE WHEN s.id IS NULL THEN k.taken_back ELSE s.taken_back END AS taken_back,
        CASE WHEN gone_at IS NOT NULL THEN 'removed'
            WHEN s.id IS NOT NULL THEN 'present'
            WHEN k.presence = 'present' AND NOT $confirmed THEN 'missing' ELSE 'removed' END
            AS presence,
        CASE WHEN s.id IS NULL THEN coalesce(k.absent_since, $started_at) ELSE gone_at END
            AS absent_since,
        coalesce(gone_at, s.seen_at, $ended_at) AS seen_at
    FROM merged_posts AS s
    FULL JOIN known AS k ON k.id = s.id
    LEFT JOIN lacking AS l ON l.id = s.id
    WHERE CASE WHEN s.id IS NULL THEN $whole AND k.presence <> 'removed'
            ELSE k.id IS NULL OR k.presence <> 'present'
                OR (@of_s, s.taken_back) IS DISTINCT FROM (@of_k, k.taken_back)
                OR ($is_dated AND s.seen_at > k.seen_at) END
        AND (s.id IS NOT NULL OR k.id NOT IN (SELECT unnest($quarantined)))
        AND NOT ($is_dated AND coalesce(k.seen_at > coalesce(s.seen_at, $started_at), false))
    ORDER BY id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'posts'})
