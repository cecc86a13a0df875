-- How many different links of a post were clicked before `as_of`, of posts with three or more.
CREATE MACRO post_links(publication_name, as_of) AS TABLE
SELECT matured.mail_no, count(DISTINCT coalesce(signals.url, '')) AS links
FROM signals
JOIN mailed_posts(publication_name, as_of) AS matured
    ON matured.connection = signals.connection AND matured.post_id = signals.post_id
WHERE signals.publication = publication_name
    AND signals.kind = 'click'
    AND signals.subscription_id IS NOT NULL
    AND coalesce(signals.happened_at, matured.matured_at) < as_of
    AND matured.is_matured = 1
    AND matured.by_counters = 0
GROUP BY matured.mail_no
HAVING links >= 3
