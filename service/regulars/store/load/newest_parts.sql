-- The rows of a pull without those that a later row of the same id replaces, as one part.
COPY (
    SELECT p.* FROM read_parquet($parts) AS p
    WHERE p.ordinal IN (
        SELECT arg_max(ordinal, (seen_at, ordinal)) FROM read_parquet($parts) GROUP BY id
    )
) TO $target (FORMAT parquet)
