-- Matured posts that single signals judge and that reached everybody who stood in their connection when
-- they were sent: no list of deliveries and no part of the people, and no other connection knows them.
CREATE MACRO even_posts(publication_name, as_of) AS TABLE
SELECT matured.connection, matured.mail_no, matured.post_no, matured.sent_at, matured.is_measured
FROM mailed_posts(publication_name, as_of) AS matured
ANTI JOIN delivered_posts(publication_name, as_of) AS delivered
    ON delivered.mail_no = matured.mail_no
ANTI JOIN partly_posts(publication_name, as_of) AS partly
    ON partly.connection = matured.connection AND partly.post_id = matured.post_id
WHERE matured.is_matured = 1 AND matured.by_counters = 0 AND matured.is_shared = 0
