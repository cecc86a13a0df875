-- `first_opens` from what is kept and from `signals`, which are the new ones.
CREATE OR REPLACE TEMP TABLE first_opens_rows AS
SELECT connection, post_id, min(seen_at) AS seen_at
FROM (
    SELECT connection, post_id, opened_at AS seen_at
    FROM history_posts
    WHERE publication = $publication AND opened_at IS NOT NULL
    UNION ALL
    SELECT * FROM first_opens($publication)
) AS opens
GROUP BY connection, post_id
