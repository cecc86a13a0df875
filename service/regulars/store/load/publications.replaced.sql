-- What is known of the keys in the given history files goes; publications.apply puts the newest there.
DELETE FROM publications WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = publications.connection
        AND r.id = publications.id
)
