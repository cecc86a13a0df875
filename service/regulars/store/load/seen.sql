-- How many different ids the rows of a pull have. A row that came twice counts once.
SELECT count(DISTINCT id) FROM read_parquet($parts)
