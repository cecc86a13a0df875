-- Posts with an open by somebody who is known, and when its earliest one was first seen. Of a
-- connection with segments, posts with an open that came by none of these, since a segment alone does
-- not show all opens. It depends on no moment, so what was found of old signals holds beside new ones.
CREATE MACRO first_opens(publication_name) AS TABLE
SELECT signals.connection, signals.post_id, min(signals.seen_at) AS seen_at
FROM signals
SEMI JOIN people
    ON people.connection = signals.connection
    AND people.subscription_id = signals.subscription_id
WHERE signals.publication = publication_name
    AND signals.kind = 'open'
    AND signals.post_id IS NOT NULL
    AND signals.connection NOT IN (SELECT connection FROM segments)
GROUP BY signals.connection, signals.post_id
UNION ALL
SELECT signals.connection, signals.post_id, min(signals.seen_at)
FROM signals
JOIN (SELECT connection FROM segments GROUP BY connection) AS segmenting
    ON segmenting.connection = signals.connection
WHERE signals.publication = publication_name
    AND signals.kind = 'open'
    AND signals.post_id IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM segments
        WHERE segments.connection = signals.connection
            AND segments.id = split_part(signals.signal_key, '/', 1)
    )
GROUP BY signals.connection, signals.post_id
