-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- One in $step of the different @span of the given history files, in order.
SELECT DISTINCT @span AS bound FROM read_parquet($paths) WHERE hash(@span) % $step = 0 ORDER BY bound
