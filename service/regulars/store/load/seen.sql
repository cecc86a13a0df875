-- How many different rows a pull has seen; a row that came twice counts once.
SELECT count(*) FROM (SELECT id FROM read_parquet($parts) GROUP BY id) AS rows
