-- `first_opens`, as kept beside histories.
CREATE OR REPLACE TEMP TABLE first_opens_rows AS
SELECT connection, post_id, opened_at AS seen_at
FROM history_posts
WHERE publication = $publication AND opened_at IS NOT NULL
