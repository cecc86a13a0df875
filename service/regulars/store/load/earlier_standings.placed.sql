-- All versions of the standings that the given history files concern, in the order of their moments:
-- what each of them was before. An absence repeats what was shown last.
CREATE OR REPLACE TEMP TABLE placed_standings AS
WITH concerned AS (
    SELECT DISTINCT connection, subscription_id, spell FROM read_parquet($paths)
),
ordered AS (
    SELECT v.*,
        last_value(CASE WHEN v.presence = 'present' THEN v END IGNORE NULLS) OVER (
            key_order ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS shown
    FROM subscription_versions AS v
    JOIN concerned USING (connection, subscription_id, spell)
    WINDOW key_order AS (
        PARTITION BY v.connection, v.subscription_id, v.spell ORDER BY v.seen_at, v.entry
    )
),
told AS (
    SELECT * EXCLUDE (shown) REPLACE (
        coalesce(shown.status, status) AS status,
        CASE WHEN shown IS NULL THEN provider_status ELSE shown.provider_status END
            AS provider_status,
        CASE WHEN shown IS NULL THEN joined_at ELSE shown.joined_at END AS joined_at,
        CASE WHEN shown IS NULL THEN left_at ELSE shown.left_at END AS left_at,
        CASE WHEN shown IS NULL THEN tier ELSE shown.tier END AS tier,
        CASE WHEN shown IS NULL THEN channel ELSE shown.channel END AS channel,
        CASE WHEN shown IS NULL THEN source ELSE shown.source END AS source,
        CASE WHEN shown IS NULL THEN medium ELSE shown.medium END AS medium,
        CASE WHEN shown IS NULL THEN campaign ELSE shown.campaign END AS campaign
    )
    FROM ordered
)
SELECT * REPLACE (
    lag(status) OVER key_order AS was_status,
    lag(presence) OVER key_order AS was_presence
)
FROM told
WINDOW key_order AS (
    PARTITION BY connection, subscription_id, spell ORDER BY seen_at, entry
)
