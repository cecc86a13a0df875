-- What is known of the keys in the given history files goes; words.apply puts the newest there.
DELETE FROM words WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = words.connection
        AND r.subject = words.subject
        AND r.id = words.id
)
