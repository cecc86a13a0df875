-- The posts of a publication that were sent by mail before `as_of`, with the moment from which
-- each can be judged: seven days after sending or when the next one goes out, never before 48 h.
-- post_no counts them through the publication, ordinal within their connection.
CREATE MACRO mailed_posts(publication_name, as_of) AS TABLE
WITH sent AS (
    SELECT
        connection,
        id AS post_id,
        title,
        sent_at,
        opens_tracked,
        lead(sent_at) OVER (PARTITION BY connection ORDER BY sent_at, id) AS next_sent_at,
        row_number() OVER (PARTITION BY connection ORDER BY sent_at, id) AS ordinal
    FROM posts
    WHERE publication = publication_name
        AND form IN ('email', 'both')
        AND sent_at IS NOT NULL
        -- a planned post that disappeared at the provider was never sent
        AND (status IN ('sent', 'archived') OR (status = 'scheduled' AND presence <> 'removed'))
),
counting AS (
    SELECT connection
    FROM counters
    WHERE publication = publication_name
    GROUP BY connection
),
segmented AS (      -- people outside a completed segment did not open its post
    SELECT connection, post_id
    FROM segments
    WHERE publication = publication_name
        AND presence <> 'removed'
        AND means = 'open'
        AND status IN ('completed', 'inactive')
    GROUP BY connection, post_id
),
open_recording AS (
    SELECT connection
    FROM signals
    WHERE publication = publication_name
        AND kind = 'open'
        AND connection NOT IN (SELECT connection FROM segments)
    GROUP BY connection
    UNION ALL       -- a segment says nothing about the opens of other posts
    SELECT signals.connection
    FROM signals
    JOIN (SELECT connection FROM segments GROUP BY connection) AS segmenting
        ON segmenting.connection = signals.connection
    WHERE signals.publication = publication_name
        AND signals.kind = 'open'
        AND NOT EXISTS (
            SELECT 1
            FROM segments
            WHERE segments.connection = signals.connection
                AND segments.id = split_part(signals.signal_key, '/', 1)
        )
    GROUP BY signals.connection
),
dated AS (
    SELECT
        *,
        least(
            sent_at + INTERVAL 7 DAY,
            greatest(
                coalesce(next_sent_at, sent_at + INTERVAL 7 DAY), sent_at + INTERVAL 48 HOUR
            )
        ) AS matured_at
    FROM sent
    WHERE sent_at < as_of
)
SELECT
    dated.connection,
    dated.post_id,
    dated.title,
    dated.sent_at,
    dated.matured_at,
    dated.ordinal,
    row_number() OVER (ORDER BY dated.sent_at, dated.connection, dated.post_id) AS post_no,
    CASE WHEN dated.matured_at <= as_of THEN 1 ELSE 0 END AS is_matured,
    CASE WHEN counting.connection IS NULL THEN 0 ELSE 1 END AS by_counters,
    -- if it is unknown whether opens are recorded and none ever was, silence means nothing
    CASE
        WHEN dated.opens_tracked THEN 1
        WHEN NOT dated.opens_tracked THEN 0
        WHEN counting.connection IS NOT NULL THEN 1
        WHEN open_recording.connection IS NOT NULL THEN 1
        WHEN segmented.connection IS NOT NULL THEN 1
        ELSE 0
    END AS is_measured
FROM dated
LEFT JOIN counting ON counting.connection = dated.connection
LEFT JOIN segmented
    ON segmented.connection = dated.connection AND segmented.post_id = dated.post_id
LEFT JOIN open_recording ON open_recording.connection = dated.connection
