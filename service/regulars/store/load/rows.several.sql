-- The rows of the history files of several entries, each with the number of its own. Columns as in
-- rows.one: named here, they cost nothing, where union_by_name would hold the schema of every file.
(
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true, schema = @columns) AS r
    JOIN committed AS f ON f.path = r.filename
)
