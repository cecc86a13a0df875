-- `post_links` from what is kept, and of posts clicked now from `signals`, which are all their clicks.
CREATE OR REPLACE TEMP TABLE post_links_rows AS
SELECT mailed.mail_no, known.links
FROM history_posts AS known
JOIN mailed_posts($publication, $as_of) AS mailed
    ON mailed.connection = known.connection AND mailed.post_id = known.post_id
ANTI JOIN clicks_beside AS clicked
    ON clicked.connection = known.connection AND clicked.post_id = known.post_id
WHERE known.publication = $publication AND known.links IS NOT NULL
UNION ALL
SELECT mail_no, links FROM post_links($publication, $as_of)
