-- The newest version of every row of publications in the given history files, over what is known.
MERGE INTO publications USING (
    WITH rows AS (
        SELECT r.*, f.entry
        FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
    ),
    newest AS (
        SELECT connection, id, max(entry) AS entry FROM rows GROUP BY connection, id
    )
    SELECT rows.* EXCLUDE (filename, entry)
    FROM rows JOIN newest USING (connection, id, entry)
) AS fresh USING (connection, id)
WHEN MATCHED THEN UPDATE
WHEN NOT MATCHED THEN INSERT
