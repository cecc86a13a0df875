-- Posts with a list of deliveries: who has none there did not get them. mail_no as in `mailed_posts`.
CREATE MACRO delivered_posts(publication_name, as_of) AS TABLE
SELECT matured.mail_no
FROM signals
JOIN mailed_posts(publication_name, as_of) AS matured
    ON matured.connection = signals.connection AND matured.post_id = signals.post_id
WHERE signals.publication = publication_name
    AND signals.kind = 'send'
    AND coalesce(signals.happened_at, matured.sent_at) < as_of
    AND matured.is_matured = 1
    AND matured.by_counters = 0
GROUP BY matured.mail_no
