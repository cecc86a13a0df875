-- The posts of a publication that were sent by mail, at whatever time. A post that reached nobody was
-- never mailed, such as one of an imported archive: two days after its date the provider still counts
-- nobody, or it is older than every subscription. One with a signal was mailed all the same.
CREATE MACRO sent_posts(publication_name) AS TABLE
WITH dated AS MATERIALIZED (
    SELECT
        connection, id AS post_id, title, web_url, sent_at, opens_tracked, delivered, unique_opens,
        seen_at
    FROM posts
    WHERE publication = publication_name
        AND form IN ('email', 'both')
        AND sent_at IS NOT NULL
        -- a planned post that disappeared at the provider was never sent
        AND (status IN ('sent', 'archived') OR (status = 'scheduled' AND presence <> 'removed'))
),
counting AS (       -- providers that count whom a post reached. A file did when it was written.
    SELECT
        dated.connection,
        max(CASE WHEN run_streams.shown_from IS NULL THEN run_streams.ended_at END) AS looked_at
    FROM (SELECT connection FROM dated WHERE delivered > 0 GROUP BY connection) AS dated
    JOIN run_streams ON run_streams.connection = dated.connection AND run_streams.stream = 'posts'
    GROUP BY dated.connection
),
begun AS (
    SELECT connection, min(coalesce(joined_at, TIMESTAMP '1000-01-01 00:00:00')) AS joined_at
    FROM subscription_versions
    WHERE publication = publication_name
    GROUP BY connection
),
doubtful AS MATERIALIZED (
    SELECT dated.connection, dated.post_id
    FROM dated
    LEFT JOIN counting ON counting.connection = dated.connection
    LEFT JOIN begun ON begun.connection = dated.connection
    WHERE (
            dated.delivered = 0
            AND counting.connection IS NOT NULL
            AND greatest(dated.seen_at, coalesce(counting.looked_at, dated.seen_at))
                >= dated.sent_at + INTERVAL 48 HOUR
        )
        OR (coalesce(dated.delivered, 0) = 0 AND dated.sent_at < begun.joined_at)
),
signalled AS (
    SELECT doubtful.connection, doubtful.post_id
    FROM signals
    JOIN doubtful
        ON doubtful.connection = signals.connection AND doubtful.post_id = signals.post_id
    GROUP BY doubtful.connection, doubtful.post_id
)
SELECT dated.* EXCLUDE (seen_at)
FROM dated
LEFT JOIN doubtful
    ON doubtful.connection = dated.connection AND doubtful.post_id = dated.post_id
LEFT JOIN signalled
    ON signalled.connection = dated.connection AND signalled.post_id = dated.post_id
WHERE doubtful.post_id IS NULL OR signalled.post_id IS NOT NULL
