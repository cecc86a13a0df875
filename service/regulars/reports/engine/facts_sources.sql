-- The newest run of each connection, and when one was last complete.
WITH ordered AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY connection ORDER BY ended_at DESC, entry DESC) AS place
    FROM runs
    WHERE publication = $publication
)
SELECT
    connection,
    max(CASE WHEN place = 1 THEN connector END) AS connector,
    max(CASE WHEN outcome = 'complete' THEN ended_at END) AS last_complete_sync,
    max(CASE WHEN place = 1 THEN outcome END) AS last_outcome,
    max(CASE WHEN place = 1 THEN reason END) AS reason
FROM ordered
GROUP BY connection
ORDER BY connection
