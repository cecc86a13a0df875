-- What @table knows of the keys in the given history files goes; all.apply puts the newest there.
DELETE FROM @table WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE @matches
)
