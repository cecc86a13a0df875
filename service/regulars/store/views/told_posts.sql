-- What the owner says of pairs of posts: that both are the same issue, or that they are not. The store
-- knows of none: a report puts those of the settings in the place of this view.
CREATE MACRO told_posts(publication_name) AS TABLE
SELECT
    CAST(NULL AS VARCHAR) AS connection,
    CAST(NULL AS VARCHAR) AS post_id,
    CAST(NULL AS VARCHAR) AS other_connection,
    CAST(NULL AS VARCHAR) AS other_post_id,
    CAST(NULL AS BOOLEAN) AS is_same
WHERE publication_name IS NULL AND FALSE
