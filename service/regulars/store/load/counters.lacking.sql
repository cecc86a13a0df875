-- How many active people of a pull come without the running totals that are known of them.
SELECT count(*)
FROM read_parquet($parts) AS p
JOIN counter_state AS k ON k.connection = $connection AND k.subscription_id = p.id
WHERE p.received IS NULL AND p.status = 'active'
    AND NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal)
