-- Posts that are known from several connections: each with the post of another connection whose place
-- it shares (issue_connection, issue_post_id), and by what they were matched. In this order: the
-- owner says so, equal ids (short ones, such as 12, only within a day), equal web addresses, or equal
-- titles within a day. A post has at most one partner in each connection, the best one.
CREATE MACRO same_posts(publication_name) AS TABLE
WITH RECURSIVE known AS MATERIALIZED (
    SELECT
        connection,
        post_id,
        sent_at,
        nullif(lower(nfc_normalize(regexp_replace(trim(title), '\s+', ' ', 'g'))), '') AS title,
        nullif(regexp_replace(
            regexp_replace(lower(web_url), '^https?://(www\.)?', ''), '/*([?#].*)?$', ''
        ), '') AS web_address
    FROM sent_posts(publication_name)
),
told AS MATERIALIZED (
    SELECT connection, post_id, other_connection, other_post_id, is_same
    FROM told_posts(publication_name)
    UNION
    SELECT other_connection, other_post_id, connection, post_id, is_same
    FROM told_posts(publication_name)
),
pairs AS (          -- the post of the connection that comes later by name is the first of a pair
    SELECT later.connection, later.post_id, earlier.connection AS other_connection,
        earlier.post_id AS other_post_id, 'told' AS matched_by, 0 AS weakness, 0 AS gap
    FROM told
    JOIN known AS later ON later.connection = told.connection AND later.post_id = told.post_id
    JOIN known AS earlier
        ON earlier.connection = told.other_connection AND earlier.post_id = told.other_post_id
    WHERE told.is_same AND earlier.connection < later.connection
    UNION ALL
    SELECT later.connection, later.post_id, earlier.connection, earlier.post_id, 'id', 1,
        abs(date_diff('second', earlier.sent_at, later.sent_at))
    FROM known AS later
    JOIN known AS earlier
        ON earlier.post_id = later.post_id AND earlier.connection < later.connection
    WHERE length(later.post_id) >= 12
        OR abs(date_diff('second', earlier.sent_at, later.sent_at)) <= 86400
    UNION ALL
    SELECT later.connection, later.post_id, earlier.connection, earlier.post_id, 'web_address', 2,
        abs(date_diff('second', earlier.sent_at, later.sent_at))
    FROM known AS later
    JOIN known AS earlier
        ON earlier.web_address = later.web_address AND earlier.connection < later.connection
    UNION ALL
    SELECT later.connection, later.post_id, earlier.connection, earlier.post_id, 'title', 3,
        abs(date_diff('second', earlier.sent_at, later.sent_at))
    FROM known AS later
    JOIN known AS earlier
        ON earlier.title = later.title AND earlier.connection < later.connection
    WHERE abs(date_diff('second', earlier.sent_at, later.sent_at)) <= 86400
),
ranked AS MATERIALIZED (
    SELECT
        pairs.*,
        row_number() OVER (
            PARTITION BY pairs.connection, pairs.post_id, pairs.other_connection
            ORDER BY weakness, gap, pairs.other_post_id
        ) AS place,
        row_number() OVER (
            PARTITION BY pairs.other_connection, pairs.other_post_id, pairs.connection
            ORDER BY weakness, gap, pairs.post_id
        ) AS other_place
    FROM pairs
    LEFT JOIN told
        ON told.connection = pairs.connection
        AND told.post_id = pairs.post_id
        AND told.other_connection = pairs.other_connection
        AND told.other_post_id = pairs.other_post_id
        AND NOT told.is_same
    WHERE told.connection IS NULL
),
steps AS MATERIALIZED (          -- to the connection that comes first by name; a pair may come by two rules
    SELECT connection, post_id, other_connection, other_post_id, matched_by
    FROM (
        SELECT
            *,
            row_number() OVER (PARTITION BY connection, post_id ORDER BY other_connection) AS nearest
        FROM ranked
        WHERE place = 1 AND other_place = 1
    ) AS mutual
    WHERE nearest = 1
),
walked AS (
    SELECT connection, post_id, matched_by, other_connection, other_post_id FROM steps
    UNION ALL
    SELECT
        walked.connection,
        walked.post_id,
        walked.matched_by,
        steps.other_connection,
        steps.other_post_id
    FROM walked
    JOIN steps
        ON steps.connection = walked.other_connection AND steps.post_id = walked.other_post_id
)
SELECT
    walked.connection,
    walked.post_id,
    walked.matched_by,
    walked.other_connection AS issue_connection,
    walked.other_post_id AS issue_post_id
FROM walked
LEFT JOIN steps
    ON steps.connection = walked.other_connection AND steps.post_id = walked.other_post_id
WHERE steps.post_id IS NULL
