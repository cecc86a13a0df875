-- Of the people who stand: how many a pull would end the standing of, and how many there are.
WITH staged AS (
    SELECT p.id, p.spell, p.seen_at
    FROM read_parquet($parts) AS p
    WHERE p.status NOT IN ('active', 'unknown')
        AND NOT EXISTS (
            SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell
        )
),
leaving AS (
    SELECT count(DISTINCT k.subscription_id) AS people
    FROM subscriptions AS k
    JOIN staged AS s ON s.id = k.subscription_id AND s.spell = k.spell
    WHERE k.connection = $connection AND k.presence <> 'removed'
        AND k.status IN ('active', 'unknown')
        AND (k.subscription_id, k.spell) NOT IN (SELECT (subscription_id, spell) FROM ended_standings)
        AND NOT ($is_dated AND k.seen_at > s.seen_at)
),
standing AS (
    SELECT count(DISTINCT subscription_id) AS people
    FROM subscriptions
    WHERE connection = $connection AND presence <> 'removed' AND status IN ('active', 'unknown')
        AND (subscription_id, spell) NOT IN (SELECT (subscription_id, spell) FROM ended_standings)
)
SELECT leaving.people, standing.people
FROM leaving, standing
