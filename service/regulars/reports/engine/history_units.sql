-- The units that can be judged at $as_of, the newest first: posts, or with $by_week the ISO weeks in
-- $time_zone in which a post can be. Until a week closes, what can be judged of it still grows.
SELECT
    CAST(row_number() OVER (ORDER BY unit_no DESC) - 1 AS INTEGER) AS place,
    unit_no,
    min(sent_at) AS first_sent_at,
    max(sent_at) AS last_sent_at,
    min(matured_at) AS matured_at,
    CASE WHEN $by_week THEN
        CAST(DATE '1970-01-05' + 7 * CAST(unit_no + 1 AS INTEGER) AS TIMESTAMP)
            AT TIME ZONE $time_zone AT TIME ZONE 'UTC' + INTERVAL 48 HOUR
        ELSE min(matured_at) END AS closes_at,
    list(DISTINCT post_no ORDER BY post_no) AS post_nos
FROM (
    SELECT
        CAST(post_no AS BIGINT) AS post_no,
        sent_at,
        matured_at,
        CASE WHEN $by_week THEN date_diff('day', DATE '1970-01-05', CAST(date_trunc(
            'week', sent_at AT TIME ZONE 'UTC' AT TIME ZONE $time_zone
        ) AS DATE)) // 7 ELSE CAST(post_no AS BIGINT) END AS unit_no
    FROM mailed_posts($publication, $as_of)
    WHERE is_matured = 1
) AS matured
GROUP BY unit_no
