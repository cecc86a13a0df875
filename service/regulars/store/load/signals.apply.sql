-- The newest version of every signal in the given history files. An entry holds a key once; of several
-- entries ($several) the latest one counts.
INSERT INTO signals BY NAME
WITH rows AS (
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
),
latest AS (
    SELECT connection, kind, signal_key, max(entry) AS entry
    FROM rows WHERE $several GROUP BY connection, kind, signal_key HAVING count(*) > 1
)
SELECT rows.* FROM rows LEFT JOIN latest AS l
    ON l.connection = rows.connection AND l.kind = rows.kind AND l.signal_key = rows.signal_key
WHERE rows.entry = coalesce(l.entry, rows.entry)
