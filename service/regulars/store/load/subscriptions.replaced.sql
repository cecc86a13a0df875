-- What is known of the keys in the given history files goes; subscriptions.apply puts the newest there.
DELETE FROM subscriptions WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = subscriptions.connection
        AND r.subscription_id = subscriptions.subscription_id
        AND r.spell = subscriptions.spell
)
