-- What the newest run that asked for a stream saw of it, and which posts it shows as never sent.
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
),
denied AS (
    SELECT
        connection,
        'posts' AS stream,
        count(*) FILTER (sent_at IS NOT NULL) AS taken_back,
        count(*) FILTER (sent_at IS NULL) AS undated
    FROM posts
    WHERE publication = $publication AND taken_back AND presence <> 'removed'
    GROUP BY connection
)
SELECT
    stream, outcome, seen, changed, gone, written, quarantined, held_removals, without_totals,
    held_changes, unknown_standings, reason, alarm, count_difference, accepted_difference,
    statistics_age,
    coalesce(taken_back, 0) AS taken_back, coalesce(undated, 0) AS undated, connection, ended_at
FROM ordered
LEFT JOIN denied USING (connection, stream)
WHERE place = 1
ORDER BY connection, stream
