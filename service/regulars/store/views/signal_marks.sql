-- What single signals say of a person and a matured post, one row each.
-- mark: -1 nothing, 0 sent, 1 a machine, 2 an open of unknown making, 3 a person's open, 4 a click,
-- 6 an answer. An automatic answer marks nothing.
CREATE MACRO signal_marks(publication_name, as_of) AS TABLE
WITH matured AS (
    SELECT connection, post_id, mail_no, post_no, sent_at, matured_at, is_measured
    FROM mailed_posts(publication_name, as_of)
    WHERE is_matured = 1 AND by_counters = 0
)
SELECT
    matured.connection,
    signals.subscription_id,
    matured.mail_no,
    matured.post_no,
    matured.sent_at,
    matured.is_measured,
    CASE
        WHEN signals.kind = 'send' THEN 0
        WHEN signals.kind <> 'open' THEN CASE WHEN signals.machine THEN -1 ELSE 6 END
        WHEN signals.machine THEN 1
        WHEN matured.is_measured = 0 THEN -1
        WHEN signals.machine IS NULL THEN 2
        ELSE 3
    END AS mark,
    CASE
        WHEN signals.kind = 'send' THEN coalesce(signals.happened_at, matured.sent_at)
        WHEN signals.happened_at >= matured.sent_at - INTERVAL 24 HOUR THEN signals.happened_at
        ELSE matured.matured_at
    END AS marked_at
FROM signals
JOIN matured
    ON matured.connection = signals.connection AND matured.post_id = signals.post_id
WHERE signals.publication = publication_name
    AND signals.kind NOT IN ('click', 'reply')
    AND coalesce(signals.happened_at, matured.matured_at) < as_of
UNION ALL
SELECT
    replies.post_connection,
    replies.subscription_id,
    matured.mail_no,
    matured.post_no,
    matured.sent_at,
    matured.is_measured,
    6,
    CASE
        WHEN replies.answered_at >= matured.sent_at - INTERVAL 24 HOUR THEN replies.answered_at
        ELSE matured.matured_at
    END
FROM replies_given(publication_name, as_of) AS replies
JOIN matured
    ON matured.connection = replies.post_connection AND matured.post_id = replies.post_id
WHERE replies.is_evidence = 1
UNION ALL
SELECT
    clicks.connection,
    clicks.subscription_id,
    matured.mail_no,
    matured.post_no,
    matured.sent_at,
    matured.is_measured,
    CASE clicks.verdict WHEN 'human' THEN 4 WHEN 'machine' THEN 1 ELSE -1 END,
    clicks.counts_at
FROM judged_clicks(publication_name, as_of) AS clicks
JOIN matured ON matured.mail_no = clicks.mail_no
