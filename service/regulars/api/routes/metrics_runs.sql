-- Runs in the store, by connector and outcome.
SELECT connector, outcome, count(*) FROM runs GROUP BY ALL ORDER BY ALL
