-- What is known of the keys in the given history files goes; counters.apply puts the newest there.
DELETE FROM counter_state WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = counter_state.connection
        AND r.subscription_id = counter_state.subscription_id
)
