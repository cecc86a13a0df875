-- The posts sent by mail before $as_of. is_seen: what people did with it can be known at all,
-- which for running totals means that it was sent between two looks.
WITH looked AS (
    SELECT connection, min(was_at) AS first_at, max(seen_at) AS last_at
    FROM counters
    WHERE publication = $publication AND was_at IS NOT NULL AND seen_at < $as_of
    GROUP BY connection
)
SELECT
    posts.connection,
    posts.post_id,
    posts.title,
    posts.sent_at,
    posts.matured_at,
    posts.is_matured = 1 AS is_matured,
    posts.is_measured = 1 AS is_measured,
    posts.is_matured = 1 AND (
        posts.by_counters = 0
        OR coalesce(posts.sent_at > looked.first_at AND posts.sent_at <= looked.last_at, FALSE)
    ) AS is_seen
FROM mailed_posts($publication, $as_of) AS posts
LEFT JOIN looked ON looked.connection = posts.connection
ORDER BY posts.post_no
