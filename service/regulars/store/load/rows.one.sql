-- The rows of the history files of one entry ($entry), with the columns that this version knows: one
-- that a file lacks is NULL, and one that is not known is left where it is.
(SELECT r.*, CAST($entry AS BIGINT) AS entry FROM read_parquet($paths, schema = @columns) AS r)
