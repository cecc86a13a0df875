-- Rows of a pull of subscriptions that a later row of the same subscription replaces. Almost always
-- there are none, which saves the other statements a search for duplicates. same_spell: whether the
-- later row is one of the same spell. Of rows from several exports the newest is the later one.
CREATE OR REPLACE TEMP TABLE superseded AS
WITH again AS (
    SELECT id FROM read_parquet($parts) GROUP BY id HAVING count(*) > 1
),
placed AS (
    SELECT p.ordinal,
        row_number() OVER (PARTITION BY p.id ORDER BY p.seen_at DESC, p.ordinal DESC) > 1
            AS same_id,
        row_number() OVER (PARTITION BY p.id, p.spell ORDER BY p.seen_at DESC, p.ordinal DESC) > 1
            AS same_spell
    FROM read_parquet($parts) AS p WHERE p.id IN (SELECT id FROM again)
)
SELECT ordinal, same_spell FROM placed WHERE same_id
