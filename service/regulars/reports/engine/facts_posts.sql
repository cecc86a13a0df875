-- The posts sent by mail before $as_of, each once, however many connections know it. is_seen: what
-- people did with it can be known at all, which for running totals means that it was sent between two
-- looks. connections, sent_times: of every copy, since each connection has a rhythm of its own.
WITH looked AS (
    SELECT connection, min(was_at) AS first_at, max(seen_at) AS last_at
    FROM counters
    WHERE publication = $publication AND was_at IS NOT NULL AND seen_at < $as_of
    GROUP BY connection
)
SELECT
    min(posts.connection) AS connection,
    arg_min(posts.post_id, posts.connection) AS post_id,
    arg_min(posts.title, posts.connection) AS title,
    min(posts.sent_at) AS sent_at,
    min(posts.matured_at) AS matured_at,
    max(posts.is_matured) = 1 AS is_matured,
    max(posts.is_measured) = 1 AS is_measured,
    bool_or(posts.is_matured = 1 AND (
        posts.by_counters = 0
        OR coalesce(posts.sent_at > looked.first_at AND posts.sent_at <= looked.last_at, FALSE)
    )) AS is_seen,
    max(posts.is_measured) = 0 AND max(posts.is_unsaid) = 1 AS is_unsaid,
    max(posts.is_shared) = 1 AS is_shared,
    list(posts.connection ORDER BY posts.connection, posts.post_id) AS connections,
    list(posts.sent_at ORDER BY posts.connection, posts.post_id) AS sent_times
FROM mailed_posts($publication, $as_of) AS posts
LEFT JOIN looked ON looked.connection = posts.connection
GROUP BY posts.post_no
ORDER BY posts.post_no
