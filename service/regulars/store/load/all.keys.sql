-- How many different @span the given history files have, about: one pass in little memory.
SELECT approx_count_distinct(@span) FROM read_parquet($paths)
