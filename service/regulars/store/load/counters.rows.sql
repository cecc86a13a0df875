-- Every row of the given history files, added to the rows known.
INSERT INTO counters BY NAME
SELECT r.* EXCLUDE (filename), f.entry
FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
