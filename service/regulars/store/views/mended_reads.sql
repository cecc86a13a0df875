-- Which posts late reads belong to: each goes to the youngest earlier opportunity that was certainly
-- not read, or was sent while a total fell, as closing brackets go to opening ones. back: 0 for the
-- newest post of the interval. seen_after: when the late read was seen. Only spells with late reads
-- are sorted. Late clicks are of the newest post alone, if it was certainly not read (by_click): one
-- that was read may be clicked again.
CREATE MACRO mended_reads(publication_name, as_of) AS TABLE
WITH numbers AS (
    SELECT CAST(ordinal - 1 AS INTEGER) AS number
    FROM dated_posts(publication_name, as_of)
    WHERE by_counters = 1
    GROUP BY ordinal
),
late AS (
    SELECT * FROM late_reads(publication_name, as_of)
),
unread AS (
    SELECT spell_no, seen_at, last_ordinal, reached, is_open
    FROM counter_intervals(publication_name, as_of)
    WHERE (reads_high = 0 OR (is_open = 1 AND reads_low = 0))
        AND reached > 0
        AND spell_no IN (SELECT spell_no FROM late)
),
brackets AS (
    SELECT
        unread.spell_no,
        unread.seen_at,
        numbers.number AS back,
        unread.last_ordinal - numbers.number AS place,
        1 AS step
    FROM unread
    JOIN numbers ON numbers.number < unread.reached
    UNION ALL
    SELECT late.spell_no, late.seen_at, numbers.number, numbers.number, -1
    FROM late
    JOIN numbers ON numbers.number < late.late_reads
),
summed AS (
    SELECT
        *,
        sum(step) OVER (
            PARTITION BY spell_no ORDER BY seen_at, step DESC, place
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS height
    FROM brackets
),
floored AS (
    SELECT
        *,
        coalesce(min(height) OVER (
            PARTITION BY spell_no ORDER BY seen_at, step DESC, place
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS lowest_before
    FROM summed
),
levelled AS (       -- an opening and a closing bracket of one level stand next to each other
    SELECT
        *,
        CASE WHEN step = 1 THEN height ELSE height + 1 END - least(0, lowest_before) AS level
    FROM floored
),
paired AS (
    SELECT
        *,
        lead(step) OVER (
            PARTITION BY spell_no, level ORDER BY seen_at, step DESC, place
        ) AS step_after,
        lead(seen_at) OVER (
            PARTITION BY spell_no, level ORDER BY seen_at, step DESC, place
        ) AS seen_after
    FROM levelled
    WHERE level > 0
)
SELECT spell_no, seen_at, back, min(seen_after) AS seen_after, min(by_click) AS by_click
FROM (
    SELECT spell_no, seen_at, back, seen_after, 0 AS by_click
    FROM paired
    WHERE step = 1 AND step_after = -1
    UNION ALL
    SELECT unread.spell_no, unread.seen_at, 0, late.seen_at, 1
    FROM unread
    JOIN late
        ON late.spell_no = unread.spell_no
        AND late.last_ordinal = unread.last_ordinal
        AND late.seen_at > unread.seen_at
    WHERE late.late_clicks = 1 AND unread.is_open = 0
) AS mended
GROUP BY spell_no, seen_at, back
