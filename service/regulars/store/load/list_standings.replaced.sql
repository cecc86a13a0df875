-- What is known of the keys in the given history files goes; list_standings.apply puts the newest there.
DELETE FROM list_standings WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = list_standings.connection
        AND r.id = list_standings.id
)
