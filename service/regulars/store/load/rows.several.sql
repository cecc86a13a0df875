-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- The rows of history files of several entries, or of other versions, each with the number of its
-- entry. They have the columns of this version: one that a file lacks is NULL, and unknown ones are
-- skipped. Naming them is free. union_by_name would first open every file and hold its schema.
(
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true, schema = @columns) AS r
    JOIN committed AS f ON f.path = r.filename
)
