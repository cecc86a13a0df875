-- Who stood on the list of a post when it was sent, or may have: one row for each post that was for
-- a list and each subscription on it. is_certain: 0 if it cannot be told, for want of a time, because
-- somebody left the list and came back, or because looks since before the post lack them. Whoever has no row here was not on the list, where
-- `parted_posts` says that its standings are known.
CREATE MACRO list_readers(publication_name) AS TABLE
SELECT
    parted.connection,
    parted.post_id,
    standings.subscription_id,
    max(CASE
        WHEN standings.joined_at > parted.sent_at OR standings.joined_at IS NULL THEN 0
        WHEN standings.left_at > parted.sent_at THEN 1
        WHEN standings.status = 'active' AND standings.left_at IS NULL
            AND (standings.presence = 'present' OR standings.absent_since > parted.sent_at) THEN 1
        ELSE 0
    END) AS is_certain
FROM parted_posts(publication_name) AS parted
JOIN list_standings AS standings
    ON standings.connection = parted.connection AND standings.list_id = parted.list_id
WHERE coalesce(standings.joined_at <= parted.sent_at, TRUE)
    AND (standings.status = 'active' OR coalesce(standings.left_at > parted.sent_at, TRUE))
GROUP BY parted.connection, parted.post_id, standings.subscription_id
