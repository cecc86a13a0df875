-- Standings of a pull that differ from the known ones, with the status before in the row. For a
-- whole pull also those that have disappeared ($hold_removals holds them back). Finding these takes
-- a second join over all people, which runs only if there are any ($lacks_known). An export
-- ($is_dated) says nothing of standings that a newer one showed, so what it shows unchanged is noted
-- too. $hold_changes holds back what would end a standing: the version before stays. A time of
-- joining that a pull leaves out, or that could not be read, keeps the known one while the standing
-- goes on: who comes back without one has an unknown time. Exports keep none: their order is free.
COPY (
    WITH staged AS (
        SELECT p.id, p.spell, p.status, p.provider_status, p.joined_at, p.left_at, p.tier, p.channel,
            p.source, p.medium, p.campaign, p.seen_at,
            hash(p.status, p.provider_status, p.left_at, p.tier, p.channel,
                p.source, p.medium, p.campaign) AS content
        FROM read_parquet($parts) AS p
        WHERE NOT EXISTS (
            SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell
        )
    ),
    known AS (
        SELECT subscription_id, spell, status, presence, joined_at, seen_at,
            hash(status, provider_status, left_at, tier, channel,
                source, medium, campaign) AS content
        FROM subscriptions WHERE connection = $connection
    ),
    changed AS (
        SELECT
            s.id AS subscription_id, s.spell, s.status, s.provider_status,
            CASE
                WHEN s.joined_at IS NULL AND NOT $is_dated AND k.presence = 'present'
                    AND (k.status IN ('active', 'unknown') OR s.status NOT IN ('active', 'unknown'))
                THEN k.joined_at
                ELSE s.joined_at
            END AS joined_at,
            s.left_at, s.tier, s.channel, s.source, s.medium, s.campaign,
            'present' AS presence, CAST(NULL AS TIMESTAMP) AS absent_since,
            k.status AS was_status, k.presence AS was_presence, s.seen_at
        FROM staged AS s LEFT JOIN known AS k ON k.subscription_id = s.id AND k.spell = s.spell
        WHERE k.subscription_id IS NULL OR ((k.presence <> 'present' OR s.content <> k.content
                -- what came back or ended otherwise differs in its status already
                OR (s.joined_at IS DISTINCT FROM k.joined_at
                    AND (s.joined_at IS NOT NULL OR $is_dated))
                OR ($is_dated AND s.seen_at > k.seen_at))
            AND NOT ($is_dated AND k.seen_at > s.seen_at)
            AND NOT (
                $hold_changes AND k.presence <> 'removed'
                AND k.status IN ('active', 'unknown') AND s.status NOT IN ('active', 'unknown')
                AND (s.id, s.spell) NOT IN (SELECT (subscription_id, spell) FROM ended_standings)
            ))
    ),
    held AS (           -- who was missing and is shown as leaving is there, whatever becomes of it
        SELECT k.subscription_id, k.spell, k.status, k.provider_status, k.joined_at, k.left_at, k.tier,
            k.channel, k.source, k.medium, k.campaign, 'present' AS presence,
            CAST(NULL AS TIMESTAMP) AS absent_since, k.status AS was_status,
            k.presence AS was_presence, s.seen_at
        FROM subscriptions AS k JOIN staged AS s ON s.id = k.subscription_id AND s.spell = k.spell
        WHERE $hold_changes AND k.connection = $connection AND k.presence = 'missing'
            AND k.status IN ('active', 'unknown') AND s.status NOT IN ('active', 'unknown')
            AND (s.id, s.spell) NOT IN (SELECT (subscription_id, spell) FROM ended_standings)
    ),
    absent AS (
        SELECT
            k.subscription_id, k.spell, k.status, k.provider_status, k.joined_at, k.left_at, k.tier, k.channel,
            k.source, k.medium, k.campaign,
            CASE WHEN k.presence = 'present' AND NOT $confirmed THEN 'missing' ELSE 'removed' END
                AS presence,
            coalesce(k.absent_since, $started_at) AS absent_since,
            k.status AS was_status, k.presence AS was_presence, $ended_at AS seen_at
        FROM subscriptions AS k
        WHERE $lacks_known AND k.connection = $connection AND k.presence <> 'removed'
            AND NOT EXISTS (
                -- From the files, since staged, used twice, would stay in memory with every column.
                SELECT 1 FROM read_parquet($parts) AS s
                WHERE s.id = k.subscription_id AND s.spell = k.spell
            )
            AND k.subscription_id NOT IN (SELECT unnest($quarantined))
            AND NOT ($is_dated AND k.seen_at > $started_at)
    )
    SELECT $publication AS publication, $connection AS connection, *
    FROM (
        SELECT * FROM changed
        UNION ALL
        SELECT * FROM held
        UNION ALL
        SELECT * FROM absent WHERE NOT ($hold_removals AND presence = 'removed')
    ) AS rows
    ORDER BY subscription_id, spell
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 20480, KV_METADATA {regulars_format: '1', stream: 'subscriptions'})
