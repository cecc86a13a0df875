-- What the newest run that asked for a stream saw of it.
WITH ordered AS (
    SELECT
        run_streams.*,
        row_number() OVER (
            PARTITION BY run_streams.connection, run_streams.stream
            ORDER BY run_streams.ended_at DESC, run_streams.entry DESC
        ) AS place
    FROM run_streams
    JOIN runs ON runs.run_id = run_streams.run_id
    WHERE runs.publication = $publication
)
SELECT
    stream, outcome, seen, changed, gone, written, quarantined, held_removals, without_totals,
    held_changes, unknown_standings, reason, alarm, count_difference, accepted_difference,
    connection, ended_at
FROM ordered
WHERE place = 1
ORDER BY connection, stream
