-- The runs of each connection: the oldest, the newest, the last that saw people, the first after it.
-- A look saw people if its walk of them came to its end, whatever became of other streams.
WITH seen AS (
    SELECT runs.*, runs.outcome = 'complete' OR EXISTS (
        SELECT 1 FROM run_streams
        WHERE run_streams.run_id = runs.run_id AND run_streams.stream = 'subscriptions'
        AND run_streams.outcome IN ('whole', 'window')
    ) AS saw_people
    FROM runs
), last AS (
    SELECT connection, max(entry) FILTER (WHERE saw_people) AS entry FROM seen GROUP BY connection
)
SELECT seen.connection,
    min(seen.started_at),
    max(seen.ended_at) FILTER (WHERE seen.entry = last.entry),
    min(seen.started_at) FILTER (WHERE seen.entry > coalesce(last.entry, -1)),
    arg_max(seen.started_at, seen.entry),
    arg_max(coalesce(seen.reason, ''), seen.entry)
FROM seen JOIN last USING (connection)
GROUP BY seen.connection
