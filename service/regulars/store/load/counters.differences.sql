-- Running totals of a pull that differ from the known ones, with the totals before in the row, and
-- the highest seen before where a total has fallen. A person who joined after the first measured
-- whole walk starts from zero at the day of joining. A whole walk that lacked a person was no look at
-- them: theirs is the last one before they were absent. A look while a post is being sent is one at
-- those whom it had reached: for everybody else it is dated before that post (docs/decisions/0037).
COPY (
    WITH staged AS (
        SELECT p.id, p.joined_at, p.received, p.opened, p.clicked, p.rounded, p.seen_at
        FROM read_parquet($parts) AS p
        WHERE p.received IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal)
    ),
    absences AS (
        SELECT k.subscription_id, max(r.started_at) AS last_whole
        FROM subscriptions AS k
        LEFT JOIN run_streams AS r
            ON r.connection = k.connection AND r.stream = 'subscriptions'
            AND r.outcome = 'whole' AND r.alarm IS NULL AND r.quarantined = 0
            AND r.without_totals = 0
            AND r.started_at < k.absent_since
        WHERE k.connection = $connection AND k.presence <> 'present'
        GROUP BY k.subscription_id
    ),
    compared AS (
        SELECT s.*, k.seen_at AS k_seen_at, k.received AS k_received,
            k.opened AS k_opened, k.clicked AS k_clicked,
            CASE WHEN a.subscription_id IS NULL THEN $last_whole ELSE a.last_whole END AS last_whole,
            greatest(k.received, k.was_received, k.top_received) AS k_top_received,
            greatest(k.opened, k.was_opened, k.top_opened) AS k_top_opened,
            greatest(k.clicked, k.was_clicked, k.top_clicked) AS k_top_clicked,
            k.epoch IS NULL AS is_first,
            k.epoch IS NULL AND coalesce(s.joined_at >= $first_whole, false) AS from_zero
        FROM staged AS s LEFT JOIN counter_state AS k
            ON k.connection = $connection AND k.subscription_id = s.id
        LEFT JOIN absences AS a ON a.subscription_id = s.id
        WHERE k.epoch IS NULL
            OR s.received <> k.received OR s.opened <> k.opened OR s.clicked <> k.clicked
    ),
    placed AS (
        SELECT *,
            CASE WHEN from_zero THEN joined_at WHEN is_first THEN NULL
                ELSE greatest(k_seen_at, coalesce(last_whole, k_seen_at)) END AS was_at,
            CASE WHEN from_zero THEN 0 ELSE k_received END AS was_received
        FROM compared
    ),
    between_looks AS (      -- sending: empty unless a post was sent shortly before this look
        SELECT
            w.id,
            w.was_at,
            w.seen_at,
            count(*) - greatest(0, any_value(w.received - w.was_received)) AS lacks,
            list(o.sent_at ORDER BY o.sent_at DESC)
                FILTER (WHERE o.sent_at > w.seen_at - INTERVAL 24 HOUR) AS newest
        FROM placed AS w JOIN sending AS o ON o.sent_at > w.was_at AND o.sent_at <= w.seen_at
        GROUP BY w.id, w.was_at, w.seen_at
    ),
    unreached AS (
        SELECT id, was_at, seen_at, newest[least(lacks, len(newest))] AS sent_at
        FROM between_looks
        WHERE lacks > 0 AND newest IS NOT NULL
    ),
    dated AS (              -- looks keep their order within the second before the post
        SELECT p.* EXCLUDE (seen_at),
            CASE WHEN u.sent_at IS NULL THEN p.seen_at ELSE greatest(p.was_at, make_timestamp(
                epoch_us(u.sent_at) - 1000000
                + (epoch_us(p.seen_at) - epoch_us(u.sent_at)) // 100000
            )) END AS seen_at
        FROM placed AS p LEFT JOIN unreached AS u
            ON u.id = p.id AND u.was_at = p.was_at AND u.seen_at = p.seen_at
    )
    SELECT $publication AS publication, $connection AS connection, id AS subscription_id,
        seen_at, received, opened, clicked, rounded, CAST(1 AS INTEGER) AS epoch,
        was_at, was_received,
        CASE WHEN from_zero THEN 0 ELSE k_opened END AS was_opened,
        CASE WHEN from_zero THEN 0 ELSE k_clicked END AS was_clicked,
        nullif(k_top_received, k_received) AS top_received,
        nullif(k_top_opened, k_opened) AS top_opened,
        nullif(k_top_clicked, k_clicked) AS top_clicked
    FROM dated
    ORDER BY subscription_id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 20480, KV_METADATA {regulars_format: '1', stream: 'counters'})
