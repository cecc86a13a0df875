-- What is known of the keys in the given history files goes; signals.apply puts the newest there.
DELETE FROM signals WHERE EXISTS (
    SELECT 1 FROM read_parquet($paths) AS r
    WHERE r.connection = signals.connection
        AND r.kind = signals.kind
        AND r.signal_key = signals.signal_key
)
