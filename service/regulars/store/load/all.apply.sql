-- The newest row of each key (@key) in the given history files, put into @table. An entry holds a key
-- once; of several entries ($several) the latest one counts. Compared by equality alone: DuckDB
-- turns an inequality inside NOT EXISTS into a join that first holds every row of the files.
INSERT INTO @table BY NAME
WITH rows AS (
    SELECT r.* EXCLUDE (filename), f.entry
    FROM read_parquet($paths, filename = true) AS r JOIN committed AS f ON f.path = r.filename
),
latest AS (
    SELECT @key, max(entry) AS entry
    FROM rows WHERE $several GROUP BY @key HAVING count(*) > 1
)
SELECT @taken FROM rows LEFT JOIN latest AS l USING (@key)
WHERE rows.entry = coalesce(l.entry, rows.entry)
