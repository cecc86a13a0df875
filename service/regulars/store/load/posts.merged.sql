-- The posts of a pull with what is known of them: what was sent stays sent. A post was sent if mails
-- of it were delivered, or if it stood as sent when its date lay in the past. A status, a form or a
-- date that says otherwise afterwards takes nothing back (taken_back), unless the provider counts
-- zero deliveries beside it: then the mailing failed. A figure that is missing keeps its last value.
-- What an older export ($is_dated) says of a post is no news of it.
CREATE OR REPLACE TEMP TABLE merged_posts AS
WITH known AS (
    SELECT id, status, form, sent_at, seen_at, taken_back, opens_tracked, delivered, unique_opens, unique_clicks,
        verified_clicks, unsubscribes
    FROM posts
    WHERE connection = $connection
),
compared AS (
    SELECT
        s.*,
        k.form AS known_form,
        k.opens_tracked AS known_tracking,
        k.taken_back AS was_taken_back,
        $is_dated AND coalesce(k.seen_at > s.seen_at, false) AS is_older,
        CASE WHEN k.sent_at <= s.seen_at THEN k.sent_at END AS known_sent_at,
        coalesce(s.delivered, k.delivered) AS last_delivered,
        coalesce(s.unique_opens, k.unique_opens) AS last_unique_opens,
        coalesce(s.unique_clicks, k.unique_clicks) AS last_unique_clicks,
        coalesce(s.verified_clicks, k.verified_clicks) AS last_verified_clicks,
        coalesce(s.unsubscribes, k.unsubscribes) AS last_unsubscribes,
        CASE
            WHEN s.delivered > 0 OR k.delivered > 0 THEN true
            WHEN s.delivered = 0 THEN false
            ELSE coalesce(
                k.form <> 'web' AND k.status IN ('sent', 'archived') AND k.sent_at <= k.seen_at,
                false
            )
        END AS was_sent
    FROM read_parquet($parts) AS s LEFT JOIN known AS k ON k.id = s.id
),
judged AS (
    SELECT
        *,
        was_sent AND NOT is_older AND (
            status IN ('draft', 'scheduled') OR form = 'web' OR sent_at IS NULL
            OR sent_at > seen_at
        ) AS is_taken_back
    FROM compared
)
SELECT
    id,
    title,
    CASE WHEN was_sent AND status IN ('draft', 'scheduled') THEN 'sent' ELSE status END AS status,
    CASE
        WHEN NOT was_sent OR form <> 'web' THEN form
        WHEN known_form <> 'web' THEN known_form
        ELSE 'both'
    END AS form,
    CASE WHEN was_sent AND (sent_at IS NULL OR sent_at > seen_at) THEN known_sent_at
        ELSE sent_at END AS sent_at,
    created_at,
    web_url,
    audience,
    CASE WHEN is_taken_back THEN coalesce(opens_tracked, known_tracking) ELSE opens_tracked END
        AS opens_tracked,
    last_delivered AS delivered,
    last_unique_opens AS unique_opens,
    last_unique_clicks AS unique_clicks,
    last_verified_clicks AS verified_clicks,
    last_unsubscribes AS unsubscribes,
    list_id,
    recipients,
    restricted,
    extra,
    CASE WHEN is_taken_back THEN true END AS taken_back,
    is_taken_back AND was_taken_back IS NULL AS is_news,
    seen_at
FROM judged
