-- Every moment at which running totals were observed, with how many posts had been sent by then
-- and how many of all posts can be judged. Computed once for each instant instead of once for each
-- person, so that all that follows computes with small integers.
CREATE MACRO look_times(publication_name, as_of) AS TABLE
WITH mailed AS (
    SELECT connection, ordinal, sent_at, is_matured
    FROM dated_posts(publication_name, as_of)
    WHERE by_counters = 1
),
matured AS (
    SELECT connection, sum(is_matured) AS matured_posts
    FROM mailed
    GROUP BY connection
),
instants AS (
    SELECT connection, was_at AS instant
    FROM counters
    WHERE publication = publication_name AND was_at IS NOT NULL AND seen_at < as_of
    GROUP BY connection, was_at
    UNION
    SELECT connection, seen_at
    FROM counters
    WHERE publication = publication_name AND was_at IS NOT NULL AND seen_at < as_of
    GROUP BY connection, seen_at
),
timeline AS (       -- a post sent at the very instant of an observation came before it
    SELECT
        connection,
        instant,
        is_look,
        max(ordinal) OVER (
            PARTITION BY connection ORDER BY instant, is_look
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS posts_sent
    FROM (
        SELECT connection, sent_at AS instant, 0 AS is_look, ordinal FROM mailed
        UNION ALL
        SELECT connection, instant, 1, NULL FROM instants
    ) AS moments
)
SELECT
    timeline.connection,
    timeline.instant,
    CAST(coalesce(timeline.posts_sent, 0) AS INTEGER) AS posts_sent,
    CAST(coalesce(matured.matured_posts, 0) AS INTEGER) AS matured_posts
FROM timeline
LEFT JOIN matured ON matured.connection = timeline.connection
WHERE timeline.is_look = 1
