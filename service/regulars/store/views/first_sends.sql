-- Posts with a list of deliveries, and the earliest moment in it. A delivery without a time was from
-- the first. It depends on no moment, so what was found of old signals holds beside new ones.
CREATE MACRO first_sends(publication_name) AS TABLE
SELECT
    connection,
    post_id,
    min(coalesce(happened_at, TIMESTAMP '1000-01-01 00:00:00')) AS happened_at
FROM signals
WHERE publication = publication_name AND kind = 'send' AND post_id IS NOT NULL
GROUP BY connection, post_id
