-- How many signals of a part have a key that another one of it has, too; of each the later counts.
-- And how many name no post, those of sources without ids among them.
SELECT
    count(id) - count(DISTINCT (kind, id)) FILTER (id IS NOT NULL),
    count(*) FILTER (post_id IS NULL)
FROM read_parquet($parts)
