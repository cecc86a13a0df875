-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- What @table knows of the keys in the given history files goes; all.apply puts the newest there.
DELETE FROM @table WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE @matches
)
