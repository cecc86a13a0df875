-- Signals since the journal entry $entry. With them, old opens that somebody unknown made until now, of
-- posts that no other open shows to be recorded: whoever made them may be known by now.
CREATE OR REPLACE TEMP TABLE new_signals AS
WITH newcomers AS (
    SELECT connection, subscription_id
    FROM subscription_versions
    WHERE publication = $publication AND entry > $entry
    GROUP BY connection, subscription_id
),
pulls AS (
    SELECT connection, max(ended_at) AS ended_at
    FROM run_streams
    WHERE stream = 'signals' AND outcome = 'events'
    GROUP BY connection
),
unopened AS (
    SELECT posts.connection, posts.id AS post_id
    FROM posts
    LEFT JOIN history_posts AS known
        ON known.publication = posts.publication
        AND known.connection = posts.connection
        AND known.post_id = posts.id
    LEFT JOIN pulls ON pulls.connection = posts.connection
    WHERE posts.publication = $publication
        AND posts.sent_at IS NOT NULL
        AND coalesce(known.opened_at > pulls.ended_at, TRUE)
        AND EXISTS (SELECT 1 FROM newcomers)
)
SELECT *, TRUE AS is_new
FROM signals
WHERE publication = $publication AND entry > $entry
UNION ALL
SELECT signals.*, FALSE
FROM signals
SEMI JOIN unopened
    ON unopened.connection = signals.connection AND unopened.post_id = signals.post_id
SEMI JOIN newcomers
    ON newcomers.connection = signals.connection
    AND newcomers.subscription_id = signals.subscription_id
WHERE signals.publication = $publication AND signals.entry <= $entry AND signals.kind = 'open'
