-- Every departure in the given history files, added to those known; none is ever told twice.
INSERT INTO departures BY NAME
SELECT r.* FROM read_parquet($paths) AS r
