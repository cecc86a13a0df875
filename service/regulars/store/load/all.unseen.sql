-- A template: how many of the known rows of @table a pull lacks, those that could not be read aside.
SELECT count(DISTINCT k.@span) FROM @table AS k
WHERE k.connection = $connection AND k.presence NOT IN ('removed', 'pushed')
    AND k.@span NOT IN (SELECT id FROM read_parquet($parts))
    AND k.@span NOT IN (SELECT unnest($quarantined))
