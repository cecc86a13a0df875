-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- How many posts of an export differ from those that a newer one showed, and how many are those that
-- an older one showed.
WITH compared AS (
    SELECT k.seen_at > s.seen_at AS is_older, k.seen_at < s.seen_at AS is_newer,
        k.presence <> 'present' OR (@of_s) IS DISTINCT FROM (@of_k) AS differs
    FROM read_parquet($parts) AS s
    JOIN posts AS k ON k.id = s.id
    WHERE k.connection = $connection
)
SELECT count(*) FILTER (is_older AND differs), count(*) FILTER (is_newer AND NOT differs)
FROM compared
