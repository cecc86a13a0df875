-- How many rows of a pull have a key that another row of it has, too; of each the later counts.
SELECT count(*) - (
    SELECT count(*) FROM (
        SELECT DISTINCT COLUMNS('^(id|spell|kind)$')
        FROM read_parquet($parts) WHERE id IS NOT NULL
    ) AS keys
)
FROM read_parquet($parts) WHERE id IS NOT NULL
