-- How many signals of a part have a key that another one of it has, too; of each the later counts.
-- And how many name no post.
SELECT count(*) - count(DISTINCT (kind, id)), count(*) FILTER (post_id IS NULL)
FROM read_parquet($parts) WHERE id IS NOT NULL
