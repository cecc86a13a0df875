-- What is known of the keys in the given history files goes; questions.apply puts the newest there.
DELETE FROM questions WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = questions.connection
        AND r.id = questions.id
)
