-- Posts with a list of deliveries: who has none there did not get them. mail_no as in `mailed_posts`.
CREATE MACRO delivered_posts(publication_name, as_of) AS TABLE
SELECT matured.mail_no
FROM first_sends(publication_name) AS sends
JOIN mailed_posts(publication_name, as_of) AS matured
    ON matured.connection = sends.connection AND matured.post_id = sends.post_id
WHERE sends.happened_at < as_of
    AND matured.is_matured = 1
    AND matured.by_counters = 0
GROUP BY matured.mail_no
