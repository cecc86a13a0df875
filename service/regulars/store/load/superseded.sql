-- Rows of a pull of subscriptions that a later row of the same subscription replaces. Almost always
-- there are none, which saves the other statements a search for duplicates. same_spell: whether the
-- later row is one of the same spell.
CREATE OR REPLACE TEMP TABLE superseded AS
WITH again AS (
    SELECT id FROM read_parquet($parts) GROUP BY id HAVING count(*) > 1
),
placed AS (
    SELECT p.ordinal,
        max(p.ordinal) OVER (PARTITION BY p.id) > p.ordinal AS same_id,
        max(p.ordinal) OVER (PARTITION BY p.id, p.spell) > p.ordinal AS same_spell
    FROM read_parquet($parts) AS p WHERE p.id IN (SELECT id FROM again)
)
SELECT ordinal, same_spell FROM placed WHERE same_id
