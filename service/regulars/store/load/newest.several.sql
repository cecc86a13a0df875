-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- Of the rows of several entries the latest one of each key (@key). An entry has a key once, so the
-- rows of one entry are the newest as they are. Compares by equality alone: DuckDB turns an
-- inequality inside NOT EXISTS into a join that first holds every row of the files. One span of ids
-- at a time, because those of a large publication exceed memory. Most files are in the order of
-- @span, so little is read twice.
(
    WITH taken AS (
        SELECT * FROM @rows AS every
        WHERE @span >= $from_id AND ($below_id IS NULL OR @span < $below_id)
    ),
    latest AS (
        SELECT @key, max(entry) AS entry FROM taken GROUP BY @key HAVING count(*) > 1
    )
    SELECT taken.* FROM taken LEFT JOIN latest AS l USING (@key)
    WHERE taken.entry = coalesce(l.entry, taken.entry)
)
