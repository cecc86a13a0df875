-- Of the posts that single signals judge, those that went to a part of the people, or may have: the
-- ones for a list, and the ones of which it is open to whom they went (is_open). That is so if a post
-- went to clearly fewer than four fifths of the people who were there, or, where nobody counted, if
-- the provider says that a tier or a segment got it. For the rest see `parted_posts`.
CREATE MACRO partly_posts(publication_name, as_of) AS TABLE
WITH judged AS (
    SELECT parted.*
    FROM parted_posts(publication_name) AS parted
    JOIN dated_posts(publication_name, as_of) AS posts
        ON posts.connection = parted.connection AND posts.post_id = parted.post_id
    WHERE posts.by_counters = 0 AND posts.is_matured = 1
),
changes AS (        -- how many more stand from a moment on, of those who still do
    SELECT connection, moment, sum(step) AS step
    FROM (
        SELECT connection, unnest([starts_at, ends_at]) AS moment, unnest([1, -1]) AS step
        FROM current_spells(publication_name, as_of)
    ) AS steps
    GROUP BY connection, moment
),
there AS (          -- who still is, so no more than there were
    SELECT judged.connection, judged.post_id, heights.people
    FROM judged
    ASOF JOIN (
        SELECT connection, moment, sum(step) OVER (PARTITION BY connection ORDER BY moment) AS people
        FROM changes
    ) AS heights
        ON heights.connection = judged.connection AND heights.moment <= judged.sent_at
    WHERE judged.reach IS NOT NULL AND judged.list_id IS NULL
),
weighed AS (
    SELECT
        judged.connection,
        judged.post_id,
        judged.list_id,
        judged.is_known,
        CASE
            WHEN judged.list_id IS NOT NULL OR judged.reach IS NULL THEN judged.is_restricted
            WHEN 5 * (judged.reach + 2) < 4 * there.people THEN 1
            ELSE 0
        END AS is_open
    FROM judged
    LEFT JOIN there ON there.connection = judged.connection AND there.post_id = judged.post_id
)
SELECT * FROM weighed WHERE is_open = 1 OR list_id IS NOT NULL
