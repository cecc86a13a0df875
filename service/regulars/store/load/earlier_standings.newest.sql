-- The present standing is the version of the latest moment. Of absences in a row the first counts.
INSERT INTO subscriptions BY NAME
SELECT * FROM placed_standings
WHERE presence <> 'removed' OR was_presence IS DISTINCT FROM 'removed'
QUALIFY row_number() OVER (
    PARTITION BY connection, subscription_id, spell ORDER BY seen_at DESC, entry DESC
) = 1
