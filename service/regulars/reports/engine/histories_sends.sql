-- Whether a post has its first list of deliveries since the journal entry $entry: a row, or none. Then
-- it reached others than it was taken to.
SELECT 1
FROM (
    SELECT connection, post_id
    FROM signals
    WHERE publication = $publication AND entry > $entry AND kind = 'send'
    GROUP BY connection, post_id
) AS sent_now
WHERE NOT EXISTS (
    SELECT 1
    FROM signals
    WHERE signals.connection = sent_now.connection
        AND signals.post_id = sent_now.post_id
        AND signals.kind = 'send'
        AND signals.entry <= $entry
)
LIMIT 1
