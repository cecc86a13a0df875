-- How many signals of a part have a key that another one of it has, too; of each the later counts.
SELECT count(*) - count(DISTINCT (kind, id)) FROM read_parquet($parts) WHERE id IS NOT NULL
