-- What is known of the keys in the given history files goes; days.apply puts the newest there.
DELETE FROM days WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = days.connection
        AND r.id = days.id
)
