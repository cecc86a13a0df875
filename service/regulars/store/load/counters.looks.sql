-- When everybody's running totals were observed for the first and for the last time. Who shows what
-- they showed before had not been reached by the posts of the day before that look.
WITH looks AS (
    SELECT min(started_at) AS first_at, max(started_at) AS last_at
    FROM run_streams
    WHERE connection = $connection AND stream = 'subscriptions' AND outcome = 'whole'
        AND alarm IS NULL AND quarantined = 0 AND without_totals = 0
),
sending AS (
    SELECT min(posts.sent_at) AS sent_at
    FROM posts, looks
    WHERE posts.connection = $connection
        AND posts.form <> 'web'
        AND posts.status IN ('sent', 'scheduled', 'archived')
        AND posts.presence <> 'removed'
        AND posts.sent_at <= looks.last_at
        AND posts.sent_at > looks.last_at - INTERVAL 24 HOUR
)
SELECT
    first_at,
    CASE WHEN sending.sent_at IS NULL THEN last_at ELSE make_timestamp(
        epoch_us(sending.sent_at) - 1000000
        + (epoch_us(last_at) - epoch_us(sending.sent_at)) // 100000
    ) END AS last_at
FROM looks, sending
