-- How many different ids the rows of a pull have; a row that came twice counts once.
SELECT count(DISTINCT id) FROM read_parquet($parts)
