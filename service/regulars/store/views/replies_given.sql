-- What readers wrote back before `as_of`, a row for each reply, however many sources show it: letters
-- that a person wrote, and replies that a provider or a file reports. One of these is the same as a
-- letter, or as one of another connection, if the same person wrote it about the same post within
-- fifteen minutes. connection, subscription_id: of the person where the post was sent to them, else
-- anywhere. is_evidence: it shows that they read post_id; 0 where that is a guess, or unknown.
CREATE MACRO replies_given(publication_name, as_of) AS TABLE
WITH issues AS MATERIALIZED (
    SELECT
        posts.connection,
        posts.post_id,
        posts.sent_at,
        posts.matured_at,
        coalesce(same.issue_connection, posts.connection) AS issue_connection,
        coalesce(same.issue_post_id, posts.post_id) AS issue_post_id
    FROM dated_posts(publication_name, as_of) AS posts
    LEFT JOIN same_posts(publication_name) AS same
        ON same.connection = posts.connection AND same.post_id = posts.post_id
),
given AS MATERIALIZED (
    SELECT * FROM letters_given(publication_name, as_of)
),
reported AS (
    SELECT
        'signal' AS source,
        'reply/' || signals.signal_key AS reply_id,
        signals.signal_key,
        signals.connection,
        signals.subscription_id,
        people.person_id,
        signals.connection AS post_connection,
        signals.post_id,
        coalesce(issues.issue_connection, signals.connection) AS issue_connection,
        coalesce(issues.issue_post_id, signals.post_id) AS issue_post_id,
        CASE WHEN signals.post_id IS NULL THEN 10 ELSE 1 END AS rung,
        CASE WHEN signals.post_id IS NULL THEN 0 ELSE 1 END AS is_evidence,
        coalesce(signals.happened_at, issues.matured_at, signals.seen_at) AS answered_at,
        coalesce(signals.happened_at, issues.sent_at, signals.seen_at) AS alive_at,
        NULL AS words
    FROM signals
    LEFT JOIN people
        ON people.connection = signals.connection
        AND people.subscription_id = signals.subscription_id
    LEFT JOIN issues
        ON issues.connection = signals.connection AND issues.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind = 'reply'
        AND coalesce(signals.machine, FALSE) = FALSE
        AND coalesce(signals.happened_at, issues.matured_at, signals.seen_at) < as_of
),
repeated AS (
    SELECT DISTINCT reported.connection, reported.signal_key
    FROM reported
    JOIN (
        SELECT person_id, issue_connection, issue_post_id, answered_at, '' AS connection
        FROM given
        UNION ALL
        SELECT person_id, issue_connection, issue_post_id, answered_at, connection FROM reported
    ) AS earlier
        ON earlier.person_id = reported.person_id
        AND earlier.issue_connection = reported.issue_connection
        AND earlier.issue_post_id = reported.issue_post_id
        AND earlier.connection < reported.connection
        AND abs(epoch(earlier.answered_at) - epoch(reported.answered_at)) <= 900
)
SELECT * EXCLUDE (issue_connection, issue_post_id) FROM given
UNION ALL BY NAME
SELECT reported.* EXCLUDE (issue_connection, issue_post_id, signal_key)
FROM reported
ANTI JOIN repeated
    ON repeated.connection = reported.connection AND repeated.signal_key = reported.signal_key
