-- The newest totals of each subscription in the given history files, over what is known.
MERGE INTO counter_state USING (
    WITH rows AS (
        SELECT r.* EXCLUDE (filename), f.entry
        FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
    ),
    newest AS (
        SELECT connection, subscription_id, max(entry) AS entry
        FROM rows GROUP BY connection, subscription_id
    )
    SELECT rows.* FROM rows JOIN newest USING (connection, subscription_id, entry)
) AS fresh USING (connection, subscription_id)
WHEN MATCHED THEN UPDATE
WHEN NOT MATCHED THEN INSERT
