-- How many standings of an export differ from those that a newer one showed, and how many are those
-- that an older one showed.
WITH staged AS (
    SELECT p.id, p.spell, p.seen_at,
        hash(p.status, p.provider_status, p.joined_at, p.left_at, p.tier, p.channel,
            p.source, p.medium, p.campaign) AS content
    FROM read_parquet($parts) AS p
    WHERE NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell)
),
compared AS (
    SELECT k.seen_at > s.seen_at AS is_older, k.seen_at < s.seen_at AS is_newer,
        k.presence <> 'present'
            OR s.content <> hash(k.status, k.provider_status, k.joined_at, k.left_at, k.tier,
                k.channel, k.source, k.medium, k.campaign) AS differs
    FROM staged AS s
    JOIN subscriptions AS k ON k.subscription_id = s.id AND k.spell = s.spell
    WHERE k.connection = $connection
)
SELECT count(*) FILTER (is_older AND differs), count(*) FILTER (is_newer AND NOT differs)
FROM compared
