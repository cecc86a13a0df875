-- What is known of the keys in the given history files goes; segments.apply puts the newest there.
DELETE FROM segments WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = segments.connection
        AND r.id = segments.id
)
