-- How many people a whole pull would remove for good, how many are known to be there, how many
-- standings it lacks at all, and how many of those to be removed stand.
WITH compared AS (
    SELECT k.subscription_id, s.id IS NULL AND q.id IS NULL AS is_lacking,
        k.presence = 'missing' OR $confirmed AS would_go, k.status IN ('active', 'unknown') AS stands
    FROM subscriptions AS k
    LEFT JOIN read_parquet($parts) AS s ON s.id = k.subscription_id AND s.spell = k.spell
    LEFT JOIN (SELECT DISTINCT unnest($quarantined) AS id) AS q ON q.id = k.subscription_id
    WHERE k.connection = $connection AND k.presence <> 'removed'
        AND NOT ($is_dated AND k.seen_at > $started_at)
)
SELECT
    count(DISTINCT subscription_id) FILTER (is_lacking AND would_go) AS gone,
    count(DISTINCT subscription_id) AS known,
    count(*) FILTER (is_lacking) AS lacking,
    count(DISTINCT subscription_id) FILTER (is_lacking AND would_go AND stands) AS standing
FROM compared
