-- How many people a pull shows whose totals were known, of how many of them a total has fallen, and
-- whether the look before was set aside for the same reason.
SELECT
    count(*) AS compared,
    count(*) FILTER (
        WHERE p.received < k.received OR p.opened < k.opened OR p.clicked < k.clicked
    ) AS fallen,
    coalesce((
        SELECT arg_max(alarm IS NOT DISTINCT FROM 'counters_fell', entry) FROM run_streams
        WHERE connection = $connection AND stream = 'subscriptions'
    ), FALSE) AS fell_before
FROM read_parquet($parts) AS p
JOIN counter_state AS k ON k.connection = $connection AND k.subscription_id = p.id
WHERE p.received IS NOT NULL
