-- New or different days of a pull. Other days had no events or were left out of the request, so
-- what is known about them stays.
COPY (
    WITH known AS (
        SELECT * FROM days WHERE connection = $connection
    )
    SELECT $publication AS publication, $connection AS connection, s.id, s.starts_at, s.mail,
        s.opens, s.unique_opens, s.clicks, s.unique_clicks, s.verified_clicks,
        s.unique_verified_clicks, s.seen_at
    FROM read_parquet($parts) AS s LEFT JOIN known AS k ON k.id = s.id
    WHERE k.id IS NULL
        OR (s.opens, s.unique_opens, s.clicks, s.unique_clicks, s.verified_clicks,
            s.unique_verified_clicks)
        IS DISTINCT FROM
           (k.opens, k.unique_opens, k.clicks, k.unique_clicks, k.verified_clicks,
            k.unique_verified_clicks)
    ORDER BY s.id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'days'})
