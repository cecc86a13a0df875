-- What an export says of the time before a newer one that was imported first, as versions to put
-- between or before the known ones. told_by: how it says so.
--   row      it shows somebody of whom a newer export spoke
--   look     it shows somebody whom a newer complete export, the first after it, lacks
--   absence  it is complete and lacks somebody whom an older and a newer export show
-- is_leaving: 1 if such a row ends a standing.
CREATE OR REPLACE TEMP TABLE earlier_standings AS
WITH staged AS (
    SELECT p.id AS subscription_id, p.spell, p.status, p.provider_status, p.joined_at, p.left_at,
        p.tier, p.channel, p.source, p.medium, p.campaign, p.seen_at,
        k.subscription_id IS NOT NULL AS is_known
    FROM read_parquet($parts) AS p
    LEFT JOIN subscriptions AS k
        ON k.connection = $connection AND k.subscription_id = p.id AND k.spell = p.spell
    WHERE (k.subscription_id IS NULL OR k.seen_at > p.seen_at)
        AND NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell)
),
around AS (         -- the known version before each row, and the moment of the one after it
    SELECT s.subscription_id, s.spell,
        arg_max(v, (v.seen_at, v.entry)) FILTER (v.seen_at <= s.seen_at) AS was,
        min(v.seen_at) FILTER (v.seen_at > s.seen_at) AS next_at
    FROM staged AS s
    JOIN subscription_versions AS v
        ON v.connection = $connection AND v.subscription_id = s.subscription_id
        AND v.spell = s.spell
    WHERE s.is_known
    GROUP BY s.subscription_id, s.spell
),
news AS (
    SELECT s.*, a.was.status AS was_status, a.was.presence AS was_presence, a.next_at
    FROM staged AS s LEFT JOIN around AS a USING (subscription_id, spell)
    WHERE a.was IS NULL OR a.was.seen_at < s.seen_at OR a.was.presence <> 'present'
        OR (s.status, s.provider_status, s.joined_at, s.left_at, s.tier, s.channel, s.source,
            s.medium, s.campaign)
        IS DISTINCT FROM
           (a.was.status, a.was.provider_status, a.was.joined_at, a.was.left_at, a.was.tier,
            a.was.channel, a.was.source, a.was.medium, a.was.campaign)
),
looks AS (          -- complete exports, except those whose removals wait for consent
    SELECT shown_from, shown_until, coalesce(unread, '') AS unread
    FROM run_streams
    WHERE connection = $connection AND stream = 'subscriptions' AND outcome = 'whole'
        AND shown_from IS NOT NULL AND held_removals = 0
        AND (quarantined = 0 OR unread IS NOT NULL)
),
lacking AS (
    SELECT n.subscription_id, n.spell, min(l.shown_until) AS absent_since
    FROM news AS n
    JOIN looks AS l
        ON l.shown_from > n.seen_at
        AND (n.next_at IS NULL OR l.shown_until < n.next_at)
        AND NOT contains(l.unread, substr(sha256(n.subscription_id), 1, 12))
    GROUP BY n.subscription_id, n.spell
),
absent AS (         -- from the files, since staged lacks those that nobody spoke of later
    SELECT v.subscription_id, v.spell, arg_max(v, (v.seen_at, v.entry)) AS was
    FROM subscription_versions AS v
    JOIN subscriptions AS k
        ON k.connection = v.connection AND k.subscription_id = v.subscription_id
        AND k.spell = v.spell
    WHERE $whole AND v.connection = $connection AND k.seen_at > $started_at
        AND v.seen_at <= $started_at
        AND v.subscription_id NOT IN (SELECT unnest($quarantined))
        AND NOT EXISTS (
            SELECT 1 FROM read_parquet($parts) AS p
            WHERE p.id = v.subscription_id AND p.spell = v.spell
        )
    GROUP BY v.subscription_id, v.spell
)
SELECT
    'row' AS told_by, subscription_id, spell, status, provider_status, joined_at, left_at, tier, channel,
    source, medium, campaign, 'present' AS presence, CAST(NULL AS TIMESTAMP) AS absent_since,
    was_status, was_presence, seen_at,
    CASE WHEN was_presence <> 'removed' AND was_status IN ('active', 'unknown')
        AND status NOT IN ('active', 'unknown') THEN 1 ELSE 0 END AS is_leaving
FROM news
WHERE is_known
UNION ALL
SELECT
    'look', n.subscription_id, n.spell, n.status, n.provider_status, n.joined_at, n.left_at, n.tier,
    n.channel, n.source, n.medium, n.campaign, 'removed', l.absent_since, n.status, 'present',
    l.absent_since, 0
FROM news AS n JOIN lacking AS l USING (subscription_id, spell)
UNION ALL
SELECT
    'absence', subscription_id, spell, was.status, was.provider_status, was.joined_at, was.left_at,
    was.tier, was.channel, was.source, was.medium, was.campaign, 'removed', $started_at, was.status,
    was.presence, $ended_at, 0
FROM absent
WHERE was.presence <> 'removed'
