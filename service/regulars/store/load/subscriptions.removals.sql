-- How many people a whole pull would remove for good, and how many are known to be there.
WITH staged AS (
    SELECT id, spell FROM read_parquet($parts)
),
known AS (
    SELECT subscription_id, spell, presence FROM subscriptions
    WHERE connection = $connection AND presence <> 'removed'
),
gone AS (
    SELECT k.subscription_id FROM known AS k
    WHERE (k.presence = 'missing' OR $confirmed)
        AND NOT EXISTS (
            SELECT 1 FROM staged AS s WHERE s.id = k.subscription_id AND s.spell = k.spell
        )
        AND k.subscription_id NOT IN (SELECT unnest($quarantined))
)
SELECT
    (SELECT count(DISTINCT subscription_id) FROM gone) AS gone,
    (SELECT count(DISTINCT subscription_id) FROM known) AS known
