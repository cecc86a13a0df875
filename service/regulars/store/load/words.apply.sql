-- The newest words of the given history files, over what is known.
MERGE INTO words USING (
    WITH rows AS (
        SELECT r.* EXCLUDE (filename), f.entry
        FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
    ),
    newest AS (
        SELECT connection, subject, id, max(entry) AS entry
        FROM rows GROUP BY connection, subject, id
    )
    SELECT rows.* FROM rows JOIN newest USING (connection, subject, id, entry)
) AS fresh USING (connection, subject, id)
WHEN MATCHED THEN UPDATE
WHEN NOT MATCHED THEN INSERT
