-- `dated_posts` with what is known of each post besides its dates. mail_no counts the posts of all
-- connections. post_no counts issues: a post that several connections know (is_shared) has one number
-- in all of them.
-- is_measured: something says of this very post that its opens were recorded. Running totals do, for
-- the posts between two looks. So does an open of the post by somebody who is known, in a pull that
-- came to its end, or a segment of its opens. Opens by unknown people alone measure nothing: their ids
-- may be written in another way than those of the people. If nobody opened it, its own flag does together with a later pull that looked
-- for its opens: a finished walk below it, or any that agrees with the provider's count of zero.
-- is_unsaid: nothing says so, and nothing says that they were not recorded.
CREATE MACRO mailed_posts(publication_name, as_of) AS TABLE
WITH dated AS MATERIALIZED (
    SELECT
        posts.*,
        coalesce(same.issue_connection, posts.connection) AS issue_connection,
        coalesce(same.issue_post_id, posts.post_id) AS issue_post_id
    FROM dated_posts(publication_name, as_of) AS posts
    LEFT JOIN same_posts(publication_name) AS same
        ON same.connection = posts.connection AND same.post_id = posts.post_id
),
segmented AS (      -- people outside a completed segment did not open its post
    SELECT connection, post_id
    FROM segments
    WHERE publication = publication_name
        AND presence <> 'removed'
        AND means = 'open'
        AND status IN ('completed', 'inactive')
    GROUP BY connection, post_id
),
pulls AS (          -- when signals were last pulled to their end
    SELECT connection, max(ended_at) AS ended_at
    FROM run_streams
    WHERE stream = 'signals' AND outcome = 'events'
    GROUP BY connection
),
opened AS (         -- the earliest open of each post tells whether a pull that ended contains one
    SELECT first.connection, first.post_id
    FROM first_opens(publication_name) AS first
    JOIN pulls ON pulls.connection = first.connection AND pulls.ended_at >= first.seen_at
),
walked AS (
    SELECT connection, parent AS post_id, max(seen_at) AS ended_at
    FROM walks
    WHERE stream = 'signals' AND cursor IS NULL
    GROUP BY connection, parent
),
judged AS (
    SELECT
        dated.*,
        min(dated.sent_at) OVER (PARTITION BY issue_connection, issue_post_id) AS issue_at,
        count(*) OVER (PARTITION BY issue_connection, issue_post_id) AS mails,
        CASE
            WHEN NOT dated.opens_tracked THEN 0
            WHEN dated.by_counters = 1 THEN 1
            WHEN opened.post_id IS NOT NULL OR segmented.post_id IS NOT NULL THEN 1
            WHEN dated.opens_tracked AND walked.ended_at >= dated.matured_at THEN 1
            WHEN dated.opens_tracked AND dated.unique_opens = 0
                AND pulls.ended_at >= dated.matured_at THEN 1
            ELSE 0
        END AS is_measured
    FROM dated
    LEFT JOIN segmented
        ON segmented.connection = dated.connection AND segmented.post_id = dated.post_id
    LEFT JOIN pulls ON pulls.connection = dated.connection
    LEFT JOIN opened ON opened.connection = dated.connection AND opened.post_id = dated.post_id
    LEFT JOIN walked ON walked.connection = dated.connection AND walked.post_id = dated.post_id
)
SELECT
    connection,
    post_id,
    title,
    sent_at,
    matured_at,
    ordinal,
    row_number() OVER (ORDER BY sent_at, connection, post_id) AS mail_no,
    dense_rank() OVER (ORDER BY issue_at, issue_connection, issue_post_id) AS post_no,
    CASE WHEN mails > 1 THEN 1 ELSE 0 END AS is_shared,
    is_matured,
    by_counters,
    is_measured,
    CASE WHEN is_measured = 0 AND opens_tracked IS NOT FALSE THEN 1 ELSE 0 END AS is_unsaid
FROM judged
