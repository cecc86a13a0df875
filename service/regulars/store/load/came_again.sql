-- How many signals of a part have a key that a later one of it repeats and so replaces. And how
-- many have no post, those of sources without ids among them. And whether opens or clicks lack ids.
SELECT
    count(id) - count(DISTINCT (kind, id)) FILTER (id IS NOT NULL),
    count(*) FILTER (post_id IS NULL),
    count(*) FILTER (id IS NULL AND kind IN ('open', 'click'))
FROM read_parquet($parts)
