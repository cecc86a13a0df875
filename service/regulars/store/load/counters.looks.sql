-- When everybody's running totals were observed for the first and for the last time.
SELECT min(started_at), max(started_at) FROM run_streams
WHERE connection = $connection AND stream = 'subscriptions' AND outcome = 'whole' AND alarm IS NULL
    AND quarantined = 0 AND without_totals = 0
