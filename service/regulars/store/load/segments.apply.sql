-- The newest version of every segment in the given history files. An entry holds a key once; of several
-- entries ($several) the latest one counts.
INSERT INTO segments BY NAME
WITH rows AS (
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
),
latest AS (
    SELECT connection, id, max(entry) AS entry
    FROM rows WHERE $several GROUP BY connection, id HAVING count(*) > 1
)
SELECT rows.* EXCLUDE (entry) FROM rows
WHERE NOT EXISTS (
    SELECT 1 FROM latest AS l
    WHERE l.connection = rows.connection AND l.id = rows.id
        AND rows.entry < l.entry
)
