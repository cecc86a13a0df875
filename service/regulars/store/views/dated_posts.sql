-- The posts of a publication that were sent by mail before `as_of`, with the moment from which
-- each can be judged: seven days after sending or when the next one goes out, never before 48 h.
-- ordinal counts the posts of a connection. by_counters: it is judged by running totals.
CREATE MACRO dated_posts(publication_name, as_of) AS TABLE
WITH sent AS (
    SELECT
        *,
        lead(sent_at) OVER (PARTITION BY connection ORDER BY sent_at, post_id) AS next_sent_at,
        row_number() OVER (PARTITION BY connection ORDER BY sent_at, post_id) AS ordinal
    FROM sent_posts(publication_name)
),
counting AS (
    SELECT connection
    FROM counters
    WHERE publication = publication_name
    GROUP BY connection
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
    dated.opens_tracked,
    dated.unique_opens,
    dated.ordinal,
    CASE WHEN dated.matured_at <= as_of THEN 1 ELSE 0 END AS is_matured,
    CASE WHEN counting.connection IS NULL THEN 0 ELSE 1 END AS by_counters
FROM dated
LEFT JOIN counting ON counting.connection = dated.connection
