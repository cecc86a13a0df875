-- What is known of the keys in the given history files goes; posts.apply puts the newest there.
DELETE FROM posts WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = posts.connection
        AND r.id = posts.id
)
