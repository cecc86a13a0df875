-- Posts that may have gone to a part of the people alone, where no list of deliveries says to whom.
-- list_id: the newsletter list that it was for. is_known: the standings on that list were seen as a
-- whole after it was sent, so whoever is missing there was not on it. reach: to how many it went;
-- deliveries count from two days after sending, when they have been counted to their end.
-- is_restricted: the provider says that a tier or a segment got it.
CREATE MACRO parted_posts(publication_name) AS TABLE
WITH looks AS (
    SELECT
        connection,
        max(CASE WHEN stream = 'posts' AND shown_from IS NULL THEN ended_at END) AS posts_at,
        max(CASE WHEN stream = 'list_standings' AND outcome = 'whole' AND quarantined = 0
            THEN ended_at END) AS standings_at
    FROM run_streams
    WHERE stream IN ('posts', 'list_standings')
    GROUP BY connection
),
stood_on AS (
    SELECT connection, list_id
    FROM list_standings
    WHERE publication = publication_name
    GROUP BY connection, list_id
)
SELECT
    posts.connection,
    posts.id AS post_id,
    posts.sent_at,
    posts.list_id,
    CASE WHEN stood_on.list_id IS NOT NULL AND looks.standings_at >= posts.sent_at THEN 1 ELSE 0 END
        AS is_known,
    greatest(
        posts.recipients,
        CASE WHEN greatest(posts.seen_at, coalesce(looks.posts_at, posts.seen_at))
                >= posts.sent_at + INTERVAL 48 HOUR
            THEN posts.delivered END
    ) AS reach,
    CASE WHEN posts.restricted THEN 1 ELSE 0 END AS is_restricted
FROM posts
LEFT JOIN looks ON looks.connection = posts.connection
LEFT JOIN stood_on
    ON stood_on.connection = posts.connection AND stood_on.list_id = posts.list_id
WHERE posts.publication = publication_name
    AND posts.form IN ('email', 'both')
    AND (
        posts.list_id IS NOT NULL
        OR posts.restricted
        OR posts.delivered IS NOT NULL
        OR posts.recipients IS NOT NULL
    )
