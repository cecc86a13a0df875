-- Whether a post has its first list of deliveries now: a row, or none. Then it reached others than it
-- was taken to.
SELECT 1
FROM new_signals
ANTI JOIN history_posts AS known
    ON known.publication = $publication
    AND known.connection = new_signals.connection
    AND known.post_id = new_signals.post_id
    AND known.handed_at IS NOT NULL
WHERE new_signals.kind = 'send' AND new_signals.post_id IS NOT NULL
LIMIT 1
