-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- About how many different @span the given history files have, in one pass and little memory.
SELECT approx_count_distinct(@span) FROM read_parquet($paths)
