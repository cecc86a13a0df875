-- `first_sends` from what is kept and from `signals`, which are the new ones.
CREATE OR REPLACE TEMP TABLE first_sends_rows AS
SELECT connection, post_id, min(happened_at) AS happened_at
FROM (
    SELECT connection, post_id, handed_at AS happened_at
    FROM history_posts
    WHERE publication = $publication AND handed_at IS NOT NULL
    UNION ALL
    SELECT * FROM first_sends($publication)
) AS sends
GROUP BY connection, post_id
