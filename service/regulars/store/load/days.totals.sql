-- The opens of every day in the given history files, added to those known.
INSERT INTO day_totals BY NAME
SELECT r.publication, r.connection, r.id, r.mail, r.starts_at, r.unique_opens, r.seen_at, f.entry
FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
