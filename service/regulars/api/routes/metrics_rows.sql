-- Rows that runs saw, changed and wrote, by connector.
SELECT
    connector, sum(seen)::BIGINT, sum(coalesce(changed, 0))::BIGINT, sum(written)::BIGINT
FROM run_streams
JOIN runs USING (run_id)
GROUP BY connector
ORDER BY connector
