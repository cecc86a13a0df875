-- People of whom something is new since the journal entry $entry: a version of their standing, totals,
-- a signal. And whoever clicked in a post that was clicked now: its links tell machines from people.
CREATE OR REPLACE TEMP TABLE touched AS
WITH clicked_posts AS (
    SELECT connection, post_id
    FROM signals
    WHERE publication = $publication AND entry > $entry AND kind = 'click' AND post_id IS NOT NULL
    GROUP BY connection, post_id
),
subscriptions_now AS (
    SELECT connection, subscription_id
    FROM subscription_versions
    WHERE publication = $publication AND entry > $entry
    UNION
    SELECT connection, subscription_id
    FROM counters
    WHERE publication = $publication AND entry > $entry
    UNION
    SELECT connection, subscription_id
    FROM signals
    WHERE publication = $publication AND entry > $entry AND subscription_id IS NOT NULL
    UNION
    SELECT signals.connection, signals.subscription_id
    FROM signals
    JOIN clicked_posts
        ON clicked_posts.connection = signals.connection
        AND clicked_posts.post_id = signals.post_id
    WHERE signals.publication = $publication
        AND signals.kind = 'click'
        AND signals.subscription_id IS NOT NULL
)
SELECT DISTINCT
    coalesce(
        people.person_id, subscriptions_now.connection || '/' || subscriptions_now.subscription_id
    ) AS person_id
FROM subscriptions_now
LEFT JOIN people
    ON people.connection = subscriptions_now.connection
    AND people.subscription_id = subscriptions_now.subscription_id
