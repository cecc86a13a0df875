-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- Deletes rows of @table whose keys are in the given history files. all.apply inserts the newest.
DELETE FROM @table WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE @matches
)
