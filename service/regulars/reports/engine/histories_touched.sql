-- People of whom something is new since the journal entry $entry: a version of their standing, totals,
-- a signal, letters. Whoever clicked in a post of which other links are known now. And whoever a whole
-- look shows again after the end of another spell of theirs, since that end was theirs alone.
CREATE OR REPLACE TEMP TABLE touched AS
WITH other_links AS (
    SELECT clicked.connection, clicked.post_id
    FROM (SELECT connection, post_id FROM clicks_beside GROUP BY connection, post_id) AS clicked
    LEFT JOIN history_posts AS known
        ON known.publication = $publication
        AND known.connection = clicked.connection
        AND known.post_id = clicked.post_id
    LEFT JOIN mailed_posts($publication, $as_of) AS mailed
        ON mailed.connection = clicked.connection AND mailed.post_id = clicked.post_id
    LEFT JOIN post_links($publication, $as_of) AS found ON found.mail_no = mailed.mail_no
    WHERE found.links IS DISTINCT FROM known.links
),
looks AS (
    SELECT connection, max(CASE WHEN entry <= $entry THEN started_at END) AS looked_before
    FROM run_streams
    WHERE stream = 'subscriptions' AND outcome = 'whole' AND shown_from IS NULL
    GROUP BY connection
    HAVING max(entry) > $entry
),
ends AS (
    SELECT connection, subscription_id, greatest(seen_at, left_at, absent_since) AS moment
    FROM subscription_versions
    WHERE publication = $publication
        AND (status <> 'active' OR presence <> 'present' OR left_at IS NOT NULL)
    UNION ALL
    SELECT connection, subscription_id, left_at
    FROM departures
    WHERE publication = $publication
),
late_ends AS (
    SELECT coalesce(people.person_id, ends.connection || '/' || ends.subscription_id) AS person_id
    FROM ends
    LEFT JOIN people
        ON people.connection = ends.connection AND people.subscription_id = ends.subscription_id
    WHERE ends.moment > (SELECT min(coalesce(looked_before, TIMESTAMP '1000-01-01')) FROM looks)
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
    FROM new_signals
    WHERE is_new AND subscription_id IS NOT NULL
    UNION
    SELECT clicks.connection, clicks.subscription_id
    FROM clicks_beside AS clicks
    SEMI JOIN other_links
        ON other_links.connection = clicks.connection AND other_links.post_id = clicks.post_id
)
SELECT
    coalesce(
        people.person_id, subscriptions_now.connection || '/' || subscriptions_now.subscription_id
    ) AS person_id
FROM subscriptions_now
LEFT JOIN people
    ON people.connection = subscriptions_now.connection
    AND people.subscription_id = subscriptions_now.subscription_id
UNION
SELECT coalesce(made.person_id, known.person_id)
FROM made_replies AS made
FULL JOIN (SELECT * FROM history_replies WHERE publication = $publication) AS known
    ON known.person_id = made.person_id
WHERE made.digest IS DISTINCT FROM known.digest
UNION
SELECT people.person_id
FROM people
JOIN subscriptions AS newest
    ON newest.connection = people.connection AND newest.subscription_id = people.subscription_id
WHERE people.publication = $publication AND people.person_id IN (SELECT person_id FROM late_ends)
GROUP BY people.person_id
HAVING count(*) > 1
