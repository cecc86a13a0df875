-- Opens and clicks of a person and a post that a provider of running totals reports (beehiiv's
-- segments), on posts that had matured before `as_of`. They have no time, so they count from when
-- the post matured. Their maker is unknown, and known machines are left out. A segment counts only
-- as long as the settings give it this meaning.
CREATE MACRO named_reads(publication_name, as_of) AS TABLE
SELECT
    signals.connection,
    signals.subscription_id,
    posts.ordinal,
    posts.sent_at,
    max(CASE WHEN signals.kind = 'open' THEN 1 ELSE 0 END) AS is_opened,
    max(CASE WHEN signals.kind = 'click' THEN 1 ELSE 0 END) AS is_clicked
FROM signals
JOIN dated_posts(publication_name, as_of) AS posts
    ON posts.connection = signals.connection
    AND posts.post_id = signals.post_id
    AND posts.by_counters = 1
    AND posts.is_matured = 1
LEFT JOIN segments
    ON segments.connection = signals.connection
    AND segments.id = split_part(signals.signal_key, '/', 1)
WHERE signals.publication = publication_name
    AND signals.kind IN ('open', 'click')
    AND signals.subscription_id IS NOT NULL
    AND signals.machine IS DISTINCT FROM TRUE
    AND coalesce(signals.happened_at, posts.matured_at) < as_of
    AND (
        segments.id IS NULL
        OR (
            segments.presence <> 'removed'
            AND segments.means = signals.kind
            AND segments.post_id = signals.post_id
        )
    )
GROUP BY signals.connection, signals.subscription_id, posts.ordinal, posts.sent_at
