-- Of the people who stand: how many a pull would end the standing of, and how many there are. Also
-- how many people it shows with a status that is not known.
WITH staged AS (
    SELECT p.id, p.spell, p.status, p.seen_at
    FROM read_parquet($parts) AS p
    WHERE p.status <> 'active'
        AND NOT EXISTS (
            SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell
        )
),
leaving AS (
    SELECT count(DISTINCT k.subscription_id) AS people
    FROM subscriptions AS k
    JOIN staged AS s ON s.id = k.subscription_id AND s.spell = k.spell
    WHERE k.connection = $connection AND k.presence <> 'removed'
        AND k.status IN ('active', 'unknown') AND s.status <> 'unknown'
        AND NOT ($is_dated AND k.seen_at > s.seen_at)
),
standing AS (
    SELECT count(DISTINCT subscription_id) AS people
    FROM subscriptions
    WHERE connection = $connection AND presence <> 'removed' AND status IN ('active', 'unknown')
),
unsure AS (
    SELECT count(DISTINCT id) AS people FROM staged WHERE status = 'unknown'
)
SELECT leaving.people, standing.people, unsure.people
FROM leaving, standing, unsure
