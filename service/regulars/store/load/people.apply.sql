-- The persons of the given history files, over what is known.
MERGE INTO people USING (
    WITH rows AS (
        SELECT r.* EXCLUDE (filename), f.entry
        FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
    ),
    newest AS (
        SELECT connection, subscription_id, max(entry) AS entry
        FROM rows GROUP BY connection, subscription_id
    )
    SELECT rows.* EXCLUDE (entry) FROM rows JOIN newest USING (connection, subscription_id, entry)
) AS fresh USING (connection, subscription_id)
WHEN MATCHED THEN UPDATE
WHEN NOT MATCHED THEN INSERT
