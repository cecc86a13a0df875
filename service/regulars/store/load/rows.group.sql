-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- The rows of history files that have the same columns. Each group is a read of its own: DuckDB's
-- `schema` let an insert of 30 million rows exceed 256 MiB, and its `union_by_name` holds the schema
-- of every file.
SELECT @columns, filename FROM read_parquet($paths_@number, filename = true)
