-- How many people a whole pull would remove for good, how many are known to be there, and how many
-- standings it lacks at all, removed by it or not.
WITH staged AS (
    SELECT id, spell FROM read_parquet($parts)
),
known AS (
    SELECT subscription_id, spell, presence FROM subscriptions
    WHERE connection = $connection AND presence <> 'removed'
),
absent AS (
    SELECT k.subscription_id, k.presence FROM known AS k
    WHERE NOT EXISTS (
            SELECT 1 FROM staged AS s WHERE s.id = k.subscription_id AND s.spell = k.spell
        )
        AND k.subscription_id NOT IN (SELECT unnest($quarantined))
)
SELECT
    (
        SELECT count(DISTINCT subscription_id) FROM absent
        WHERE presence = 'missing' OR $confirmed
    ) AS gone,
    (SELECT count(DISTINCT subscription_id) FROM known) AS known,
    (SELECT count(*) FROM absent) AS lacking
