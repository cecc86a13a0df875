-- What is known of the keys in the given history files goes; lists.apply puts the newest there.
DELETE FROM lists WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = lists.connection
        AND r.id = lists.id
)
