-- Every click before `as_of` on a matured post, with a verdict: human, machine, or unsubscribe
-- (which is no reading). Without the provider's flag, a click is a machine's if it came less than
-- 10 s after delivery, within 10 s of another link of the post, or within a minute that covered
-- 80 % of the post's links (3 or more), or if half of the person's posts are like that. A time more
-- than a day before the post was sent is none.
CREATE MACRO judged_clicks(publication_name, as_of) AS TABLE
WITH matured AS (
    SELECT connection, post_id, mail_no AS post_no, sent_at, matured_at
    FROM mailed_posts(publication_name, as_of)
    WHERE is_matured = 1 AND by_counters = 0
),
clicks AS (
    SELECT
        matured.connection,
        signals.subscription_id,
        matured.post_no,
        CASE WHEN signals.happened_at >= matured.sent_at - INTERVAL 24 HOUR
            THEN signals.happened_at END AS clicked_at,
        coalesce(clicked_at, matured.matured_at) AS counts_at,
        coalesce(signals.url, '') AS url,
        signals.machine,
        CASE WHEN lower(coalesce(signals.url, '')) LIKE '%unsubscribe%' THEN 1 ELSE 0 END AS leaves
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind = 'click'
        AND signals.subscription_id IS NOT NULL
        AND coalesce(signals.happened_at, matured.matured_at) < as_of
),
deliveries AS (
    SELECT signals.subscription_id, matured.post_no, min(signals.happened_at) AS delivered_at
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    JOIN (SELECT subscription_id, post_no FROM clicks GROUP BY subscription_id, post_no) AS clicked
        ON clicked.subscription_id = signals.subscription_id AND clicked.post_no = matured.post_no
    WHERE signals.publication = publication_name AND signals.kind = 'send'
    GROUP BY signals.subscription_id, matured.post_no
),
neighbours AS (     -- of equal links in a row, only the nearest click of another link matters
    SELECT
        *,
        CASE WHEN lag(url) OVER in_order = url THEN 0 ELSE 1 END AS other_link
    FROM clicks
    WHERE clicked_at IS NOT NULL
    WINDOW in_order AS (PARTITION BY subscription_id, post_no ORDER BY clicked_at, url)
),
counted AS (
    SELECT
        *,
        sum(other_link) OVER (
            PARTITION BY subscription_id, post_no ORDER BY clicked_at, url
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS link_run
    FROM neighbours
),
link_runs AS (
    SELECT
        subscription_id,
        post_no,
        link_run,
        lag(max(clicked_at)) OVER (PARTITION BY subscription_id, post_no ORDER BY link_run)
            AS other_before,
        lead(min(clicked_at)) OVER (PARTITION BY subscription_id, post_no ORDER BY link_run)
            AS other_after
    FROM counted
    GROUP BY subscription_id, post_no, link_run
),
firsts AS (
    SELECT
        subscription_id,
        post_no,
        first_at,
        row_number() OVER (PARTITION BY subscription_id, post_no ORDER BY first_at, url) AS place
    FROM (
        SELECT subscription_id, post_no, url, min(clicked_at) AS first_at
        FROM counted
        GROUP BY subscription_id, post_no, url
    ) AS first_clicks
),
sweeps AS (
    SELECT
        early.subscription_id,
        early.post_no,
        min(early.first_at) AS sweep_from,
        max(early.first_at) + INTERVAL 60 SECOND AS sweep_to
    FROM firsts AS early
    JOIN post_links(publication_name, as_of) AS links ON links.mail_no = early.post_no
    JOIN firsts AS late
        ON late.subscription_id = early.subscription_id
        AND late.post_no = early.post_no
        AND late.place = early.place + ceil(0.8 * links.links) - 1
    WHERE late.first_at <= early.first_at + INTERVAL 60 SECOND
    GROUP BY early.subscription_id, early.post_no
),
tested AS (
    SELECT
        counted.connection,
        counted.subscription_id,
        counted.post_no,
        counted.counts_at,
        counted.machine,
        counted.leaves,
        CASE
            WHEN counted.clicked_at < deliveries.delivered_at + INTERVAL 10 SECOND THEN 1
            WHEN counted.clicked_at <= link_runs.other_before + INTERVAL 10 SECOND THEN 1
            WHEN counted.clicked_at >= link_runs.other_after - INTERVAL 10 SECOND THEN 1
            WHEN counted.clicked_at BETWEEN sweeps.sweep_from AND sweeps.sweep_to THEN 1
            ELSE 0
        END AS scans
    FROM counted
    JOIN link_runs
        ON link_runs.subscription_id = counted.subscription_id
        AND link_runs.post_no = counted.post_no
        AND link_runs.link_run = counted.link_run
    LEFT JOIN deliveries
        ON deliveries.subscription_id = counted.subscription_id
        AND deliveries.post_no = counted.post_no
    LEFT JOIN sweeps
        ON sweeps.subscription_id = counted.subscription_id AND sweeps.post_no = counted.post_no
    UNION ALL
    SELECT connection, subscription_id, post_no, counts_at, machine, leaves, 0
    FROM clicks
    WHERE clicked_at IS NULL
),
scanners AS (
    SELECT connection, subscription_id
    FROM (
        SELECT connection, subscription_id, post_no, max(scans) AS scans
        FROM tested
        WHERE machine IS NULL
        GROUP BY connection, subscription_id, post_no
    ) AS clicked_posts
    GROUP BY connection, subscription_id
    HAVING sum(scans) > 0 AND 2 * sum(scans) >= count(*)
)
SELECT
    tested.connection,
    tested.subscription_id,
    tested.post_no AS mail_no,
    tested.counts_at,
    CASE
        WHEN tested.machine THEN 'machine'
        WHEN tested.machine IS NULL AND (tested.scans = 1 OR scanners.connection IS NOT NULL)
            THEN 'machine'
        WHEN tested.leaves = 1 THEN 'unsubscribe'
        ELSE 'human'
    END AS verdict
FROM tested
LEFT JOIN scanners
    ON scanners.connection = tested.connection
    AND scanners.subscription_id = tested.subscription_id
