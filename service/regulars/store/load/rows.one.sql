-- The rows of the history files of one entry ($entry), which have the columns of this version.
(SELECT r.*, CAST($entry AS BIGINT) AS entry FROM read_parquet($paths) AS r)
