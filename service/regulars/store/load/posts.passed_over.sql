-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- How many posts of an export differ from those that a newer one showed.
SELECT count(*)
FROM read_parquet($parts) AS s
JOIN posts AS k ON k.id = s.id
WHERE k.connection = $connection AND k.seen_at > s.seen_at
    AND (k.presence <> 'present' OR (@of_s) IS DISTINCT FROM (@of_k))
