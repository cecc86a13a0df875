-- The sums of every post in the given history files, added to those known.
INSERT INTO post_totals BY NAME
SELECT r.publication, r.connection, r.id, r.sent_at, r.delivered, r.unique_opens, r.seen_at, f.entry
FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
