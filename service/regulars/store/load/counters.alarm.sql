-- Of the people who joined before the last post went out: how many the pull shows, and how many
-- of them with any total above zero. None of many means that totals are unmeasured.
WITH last_post AS (
    SELECT max(sent_at) AS sent_at FROM posts
    WHERE connection = $connection AND sent_at < $started_at AND form <> 'web'
        AND status IN ('sent', 'scheduled', 'archived')
)
SELECT
    count(*) AS asked,
    count(*) FILTER (WHERE p.received > 0 OR p.opened > 0 OR p.clicked > 0) AS above_zero
FROM read_parquet($parts) AS p JOIN last_post AS l ON p.joined_at < l.sent_at
