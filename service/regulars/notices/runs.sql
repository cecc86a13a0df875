-- The runs of each connection: the oldest, the newest, the last that saw people, the first after it,
-- and the first after the last complete one. A look saw people if its walk of them came to its end,
-- proven or not, whatever became of other streams.
WITH seen AS (
    SELECT
        runs.*,
        runs.outcome = 'complete' OR EXISTS (
            SELECT 1 FROM run_streams
            WHERE run_streams.run_id = runs.run_id AND run_streams.stream = 'subscriptions'
                AND run_streams.outcome IN ('whole', 'window', 'partial')
        ) AS saw_people
    FROM runs
),
last AS (
    SELECT
        connection,
        max(entry) FILTER (WHERE saw_people) AS seen,
        max(entry) FILTER (WHERE outcome = 'complete') AS complete
    FROM seen
    GROUP BY connection
)
SELECT
    seen.connection,
    min(seen.started_at) AS first_run,
    max(seen.ended_at) FILTER (WHERE seen.entry = last.seen) AS last_seen,
    min(seen.started_at) FILTER (WHERE seen.entry > coalesce(last.seen, -1)) AS failing_from,
    min(seen.started_at) FILTER (WHERE seen.entry > coalesce(last.complete, -1))
        AS incomplete_from,
    arg_max(seen.started_at, seen.entry) AS newest_run,
    arg_max(coalesce(seen.reason, ''), seen.entry) AS reason
FROM seen
JOIN last USING (connection)
GROUP BY seen.connection
