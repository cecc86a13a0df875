-- For everybody who ever kept to the rule in their present standing: since when they do without
-- a break (the post that completed it), and when they last did. Only windows with certain bounds
-- count, so the middle of a block of counters neither makes nor breaks a habit.
CREATE MACRO habits(publication_name, as_of, needed_reads, last_posts, by_week, time_zone) AS TABLE
WITH narrow AS (
    SELECT
        person_no,
        4 * unit_no + 2 * low + high AS place_in_time,
        CAST(low AS TINYINT) AS low,
        CAST(is_settled AS TINYINT) AS is_settled,
        sent_at
    FROM opportunities(publication_name, as_of, by_week, time_zone)
    WHERE outcome = 1
),
windows AS (
    SELECT
        person_no,
        sent_at,
        is_settled,
        sum(low) OVER trailing_posts AS reads,
        count(*) OVER trailing_posts AS posts,
        row_number() OVER (PARTITION BY person_no ORDER BY place_in_time DESC) AS place
    FROM narrow
    WINDOW trailing_posts AS (
        PARTITION BY person_no ORDER BY place_in_time DESC
        ROWS BETWEEN CURRENT ROW AND last_posts - 1 FOLLOWING
    )
),
asked AS (
    SELECT
        person_no, sent_at, place, CASE WHEN reads >= needed_reads THEN 1 ELSE 0 END AS holds
    FROM windows
    WHERE posts = last_posts AND is_settled = 1
),
breaks AS (
    SELECT
        person_no,
        min(CASE WHEN holds = 0 THEN place END) AS broken_at_place,
        max(CASE WHEN holds = 1 THEN sent_at END) AS held_until
    FROM asked
    GROUP BY person_no
    HAVING max(holds) = 1
)
SELECT
    asked.person_no,
    min(CASE WHEN breaks.broken_at_place IS NULL OR asked.place < breaks.broken_at_place
        THEN asked.sent_at END) AS held_since,
    max(breaks.held_until) AS held_until
FROM asked
JOIN breaks ON breaks.person_no = asked.person_no
GROUP BY asked.person_no
