-- The rows of the history files of several entries, each with the number of its own.
(
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
)
