-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- How many different @span the given history files have, about: one pass in little memory.
SELECT approx_count_distinct(@span) FROM read_parquet($paths)
