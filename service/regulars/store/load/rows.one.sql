-- The rows of the history files of one entry ($entry), which have the columns that this version knows.
(SELECT r.*, CAST($entry AS BIGINT) AS entry FROM read_parquet($paths) AS r)
