-- What all signals say of posts, to be kept.
CREATE OR REPLACE TEMP TABLE made_posts AS
SELECT
    connection,
    post_id,
    max(opened_at) AS opened_at,
    max(handed_at) AS handed_at,
    max(links) AS links
FROM (
    SELECT connection, post_id, seen_at AS opened_at FROM first_opens($publication)
    UNION ALL BY NAME
    SELECT connection, post_id, happened_at AS handed_at FROM first_sends($publication)
    UNION ALL BY NAME
    SELECT mailed.connection, mailed.post_id, found.links
    FROM post_links($publication, $as_of) AS found
    JOIN mailed_posts($publication, $as_of) AS mailed ON mailed.mail_no = found.mail_no
) AS said
GROUP BY connection, post_id
