-- The newest standing of each key in the given history files. An entry holds a key once; of several
-- entries ($several) the latest one counts.
INSERT INTO subscriptions BY NAME
WITH rows AS (
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
),
latest AS (
    SELECT connection, subscription_id, spell, max(entry) AS entry
    FROM rows WHERE $several GROUP BY connection, subscription_id, spell HAVING count(*) > 1
)
SELECT rows.* FROM rows LEFT JOIN latest AS l
    ON l.connection = rows.connection AND l.subscription_id = rows.subscription_id AND l.spell = rows.spell
WHERE rows.entry = coalesce(l.entry, rows.entry)
