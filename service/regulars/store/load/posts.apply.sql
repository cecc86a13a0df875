-- The newest version of every post in the given history files. An entry holds a key once; of several
-- entries ($several) the latest one counts.
INSERT INTO posts BY NAME
WITH rows AS (
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
),
latest AS (
    SELECT connection, id, max(entry) AS entry
    FROM rows WHERE $several GROUP BY connection, id HAVING count(*) > 1
)
SELECT rows.* EXCLUDE (entry) FROM rows LEFT JOIN latest AS l
    ON l.connection = rows.connection AND l.id = rows.id
WHERE rows.entry = coalesce(l.entry, rows.entry)
