-- The rows of a pull without those that a later row of the same id replaces, as one part.
COPY (
    SELECT p.* FROM read_parquet($parts) AS p
    WHERE p.ordinal IN (SELECT max(ordinal) FROM read_parquet($parts) GROUP BY id)
) TO $target (FORMAT parquet)
