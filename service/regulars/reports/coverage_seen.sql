-- Counts of everything that the sources show and of what they cannot: one row for each topic,
-- connection and code; of sums also the span that they cover.
WITH mailed AS (
    SELECT * FROM mailed_posts($publication, $as_of)
),
standing AS (       -- each signal, and whether its post was sent while the subscription stood
    SELECT
        signals.connection,
        signals.kind,
        signals.machine,
        CASE
            WHEN signals.kind NOT IN ('send', 'open', 'click') THEN 'counted'
            WHEN posts.id IS NULL THEN 'no_post'
            WHEN posts.form = 'web' THEN 'not_mailed'
            WHEN people.person_id IS NULL THEN 'no_person'
            WHEN mailed.post_id IS NULL OR mailed.is_matured = 0 THEN 'too_recent'
            WHEN spells.connection IS NULL THEN 'outside_standing'
            ELSE 'counted'
        END AS fate,
        CASE WHEN signals.kind IN ('open', 'click')
                AND signals.happened_at < mailed.sent_at - INTERVAL 24 HOUR
            THEN 1 ELSE 0 END AS is_early
    FROM signals
    LEFT JOIN posts ON posts.connection = signals.connection AND posts.id = signals.post_id
    LEFT JOIN people
        ON people.connection = signals.connection
        AND people.subscription_id = signals.subscription_id
    LEFT JOIN mailed
        ON mailed.connection = signals.connection AND mailed.post_id = signals.post_id
    LEFT JOIN spells($publication) AS spells
        ON spells.connection = signals.connection
        AND spells.subscription_id = signals.subscription_id
        AND spells.starts_at <= CASE WHEN signals.kind = 'send'
            THEN coalesce(signals.happened_at, mailed.sent_at) ELSE mailed.sent_at END
        AND spells.ends_at > CASE WHEN signals.kind = 'send'
            THEN coalesce(signals.happened_at, mailed.sent_at) ELSE mailed.sent_at END
    WHERE signals.publication = $publication
        AND coalesce(signals.happened_at, mailed.matured_at, signals.seen_at) < $as_of
),
counts AS (
    SELECT 'posts' AS topic, connection, 'sent' AS code, count(*) AS count
    FROM mailed GROUP BY connection
    UNION ALL
    SELECT 'posts', connection, 'too_recent', count(*)
    FROM mailed WHERE is_matured = 0 GROUP BY connection
    UNION ALL
    SELECT 'posts', connection, 'opens_not_recorded', count(*)
    FROM mailed WHERE is_matured = 1 AND is_measured = 0 AND is_unsaid = 0 GROUP BY connection
    UNION ALL
    SELECT 'posts', connection, 'not_said', count(*)
    FROM mailed WHERE is_matured = 1 AND is_unsaid = 1 GROUP BY connection
    UNION ALL
    SELECT 'posts', connection, 'shared', count(*)
    FROM mailed WHERE is_shared = 1 GROUP BY connection
    UNION ALL
    SELECT 'posts', connection, CASE WHEN is_open = 1 THEN 'to_a_part' ELSE 'for_a_list' END,
        count(*)
    FROM partly_posts($publication, $as_of)
    GROUP BY connection, CASE WHEN is_open = 1 THEN 'to_a_part' ELSE 'for_a_list' END
    UNION ALL
    SELECT 'posts', posts.connection, 'never_mailed', count(*)
    FROM posts
    LEFT JOIN mailed ON mailed.connection = posts.connection AND mailed.post_id = posts.id
    WHERE posts.publication = $publication
        AND posts.form <> 'web'
        AND posts.status IN ('sent', 'archived')
        AND posts.sent_at < $as_of
        AND mailed.post_id IS NULL
    GROUP BY posts.connection
    UNION ALL
    SELECT 'posts', connection, 'not_mailed', count(*)
    FROM posts
    WHERE publication = $publication AND form = 'web' AND status IN ('sent', 'archived')
        AND sent_at < $as_of
    GROUP BY connection
    UNION ALL
    SELECT
        'posts',
        connection,
        unnest(['taken_back', 'undated']),
        unnest([
            count(*) FILTER (sent_at IS NOT NULL), count(*) FILTER (sent_at IS NULL)
        ])
    FROM posts
    WHERE publication = $publication AND taken_back AND presence <> 'removed' AND seen_at < $as_of
    GROUP BY connection
    UNION ALL
    SELECT
        'opens',
        connection,
        CASE WHEN machine THEN 'machine' WHEN machine IS NULL THEN 'unknown' ELSE 'person' END,
        count(*)
    FROM standing
    WHERE kind = 'open' AND fate = 'counted'
    GROUP BY
        connection,
        CASE WHEN machine THEN 'machine' WHEN machine IS NULL THEN 'unknown' ELSE 'person' END
    UNION ALL
    SELECT 'clicks', connection, verdict, count(*)
    FROM judged_clicks($publication, $as_of) GROUP BY connection, verdict
    UNION ALL
    SELECT 'clicks', connection, 'without_time', count(*)
    FROM signals
    WHERE publication = $publication AND kind = 'click' AND happened_at IS NULL AND machine IS NULL
    GROUP BY connection
    UNION ALL
    SELECT 'signals', connection, fate, count(*)
    FROM standing WHERE fate <> 'counted' GROUP BY connection, fate
    UNION ALL
    SELECT CASE kind WHEN 'open' THEN 'opens' ELSE 'clicks' END, connection, 'before_sending', count(*)
    FROM standing WHERE fate = 'counted' AND is_early = 1 GROUP BY connection, kind
    UNION ALL
    SELECT 'totals', connection, 'restarted', count(*)
    FROM counters
    WHERE publication = $publication AND was_at IS NULL AND seen_at < $as_of AND epoch > 1
    GROUP BY connection
    UNION ALL
    SELECT 'totals', connection, 'fell', count(*)
    FROM counters
    WHERE publication = $publication
        AND seen_at < $as_of
        AND (received < was_received OR opened < was_opened OR clicked < was_clicked)
    GROUP BY connection
    UNION ALL
    SELECT 'totals', connection, 'rounded', count(*)
    FROM counters
    WHERE publication = $publication AND rounded AND seen_at < $as_of
    GROUP BY connection
    UNION ALL
    SELECT 'segments', connection, status, count(*)
    FROM segments
    WHERE publication = $publication AND presence <> 'removed'
    GROUP BY connection, status
    UNION ALL
    SELECT
        'named',
        connection,
        CASE WHEN is_opened = 1 THEN 'opened' ELSE 'clicked' END,
        count(*)
    FROM named_reads($publication, $as_of)
    GROUP BY connection, CASE WHEN is_opened = 1 THEN 'opened' ELSE 'clicked' END
    UNION ALL
    SELECT 'lists', connection, status, count(*)
    FROM list_standings
    WHERE publication = $publication AND presence <> 'removed' AND joined_at < $as_of
    GROUP BY connection, status
    UNION ALL
    SELECT 'departures', connection, 'told', count(*)
    FROM departures
    WHERE publication = $publication AND left_at < $as_of
    GROUP BY connection
),
sums AS (
    SELECT
        connection,
        span,
        since_at,
        until_at,
        unnest([
            'received/people', 'received/posts', 'opened/people', 'opened/posts', 'opened/days'
        ]) AS code,
        unnest([
            people_received, posts_delivered, people_opened, posts_opened, days_opened
        ]) AS count
    FROM mail_sums($publication, $as_of)
)
SELECT
    topic,
    connection,
    code,
    count,
    CAST(NULL AS TIMESTAMP) AS since_at,
    CAST(NULL AS TIMESTAMP) AS until_at
FROM counts
UNION ALL
SELECT
    'shared', same.connection, matched_by || '/' || issue_connection || '/' || same.post_id,
    mailed.post_no, mailed.sent_at, mailed.sent_at
FROM same_posts($publication) AS same
JOIN mailed ON mailed.connection = same.connection AND mailed.post_id = same.post_id
UNION ALL
SELECT
    'named_posts', told.connection,
    CASE WHEN told.is_same THEN 'same_posts/' ELSE 'different_posts/' END || told.post_id,
    1, NULL, NULL
FROM (
    SELECT connection, post_id, is_same FROM told_posts($publication)
    UNION
    SELECT other_connection, other_post_id, is_same FROM told_posts($publication)
) AS told
WHERE told.connection IN (SELECT connection FROM posts)
    AND NOT EXISTS (
        SELECT 1 FROM posts
        WHERE posts.connection = told.connection AND posts.id = told.post_id
    )
UNION ALL
SELECT 'sums', connection, span || '/' || code, CAST(count AS BIGINT), since_at, until_at
FROM sums
WHERE count IS NOT NULL
ORDER BY topic, connection, code
