-- What is known of the keys in the given history files goes; people.apply puts the newest there.
DELETE FROM people WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = people.connection
        AND r.subscription_id = people.subscription_id
)
