-- The newest words in the given history files. An entry holds a key once; of several
-- entries ($several) the latest one counts.
INSERT INTO words BY NAME
WITH rows AS (
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
),
latest AS (
    SELECT connection, subject, id, max(entry) AS entry
    FROM rows WHERE $several GROUP BY connection, subject, id HAVING count(*) > 1
)
SELECT rows.* FROM rows LEFT JOIN latest AS l
    ON l.connection = rows.connection AND l.subject = rows.subject AND l.id = rows.id
WHERE rows.entry = coalesce(l.entry, rows.entry)
