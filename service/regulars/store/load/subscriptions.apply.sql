-- The newest version of every standing in the given history files, over what is known.
MERGE INTO subscriptions USING (
    WITH rows AS (
        SELECT r.* EXCLUDE (filename), f.entry
        FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
    ),
    newest AS (
        SELECT connection, subscription_id, spell, max(entry) AS entry
        FROM rows GROUP BY connection, subscription_id, spell
    )
    SELECT rows.* FROM rows JOIN newest USING (connection, subscription_id, spell, entry)
) AS fresh USING (connection, subscription_id, spell)
WHEN MATCHED THEN UPDATE
WHEN NOT MATCHED THEN INSERT
