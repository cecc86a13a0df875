-- The posts of a connection that were mailed, if one went out within a day before this look at running
-- totals: sending takes hours, and statistics come later still. Else none, which is cheap to join.
CREATE OR REPLACE TEMP TABLE sending AS
WITH mailed AS (
    SELECT sent_at
    FROM posts
    WHERE connection = $connection
        AND form <> 'web'
        AND status IN ('sent', 'scheduled', 'archived')
        AND presence <> 'removed'
        AND sent_at <= $ended_at
)
SELECT sent_at
FROM mailed
WHERE (SELECT max(sent_at) FROM mailed) > $started_at - INTERVAL 24 HOUR
