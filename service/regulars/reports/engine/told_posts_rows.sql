-- Pairs of posts as the settings name them, each post as CONNECTION/ID.
CREATE OR REPLACE TEMP TABLE told_posts_rows AS
SELECT
    split_part(pair[1], '/', 1) AS connection,
    substr(pair[1], strpos(pair[1], '/') + 1) AS post_id,
    split_part(pair[2], '/', 1) AS other_connection,
    substr(pair[2], strpos(pair[2], '/') + 1) AS other_post_id,
    is_same
FROM (SELECT unnest($pairs) AS pair, unnest($same) AS is_same)
