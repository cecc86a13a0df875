-- How many signals of a part name a post, and how many a subscription, that the connection does not
-- have.
SELECT
    count(*) FILTER (p.post_id IS NOT NULL AND k.id IS NULL),
    count(*) FILTER (p.subscription_id IS NOT NULL AND n.subscription_id IS NULL)
FROM read_parquet($parts) AS p
LEFT JOIN (SELECT DISTINCT id FROM posts WHERE connection = $connection) AS k ON k.id = p.post_id
LEFT JOIN (
    SELECT DISTINCT subscription_id FROM people WHERE connection = $connection
) AS n ON n.subscription_id = p.subscription_id
