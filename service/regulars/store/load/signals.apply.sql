-- The newest version of every signal in the given history files, over what is known.
MERGE INTO signals USING (
    WITH rows AS (
        SELECT r.* EXCLUDE (filename), f.entry
        FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
    ),
    newest AS (
        SELECT connection, kind, signal_key, max(entry) AS entry
        FROM rows GROUP BY connection, kind, signal_key
    )
    SELECT rows.* FROM rows JOIN newest USING (connection, kind, signal_key, entry)
) AS fresh USING (connection, kind, signal_key)
WHEN MATCHED THEN UPDATE
WHEN NOT MATCHED THEN INSERT
