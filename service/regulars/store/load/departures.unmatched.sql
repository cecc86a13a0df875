-- How many addresses of an export belong to no subscription of its connector.
SELECT count(*) FROM (
    SELECT p.address
    FROM (
        SELECT lower(nfc_normalize(trim(email))) AS address, connector
        FROM read_parquet($parts) GROUP BY ALL
    ) AS p
    WHERE NOT EXISTS (
        SELECT 1 FROM words AS w
        WHERE lower(nfc_normalize(trim(w.email))) = p.address
            AND w.subject = 'subscription' AND w.publication = $publication
            AND w.connection IN (
                SELECT connection FROM runs AS r
                WHERE r.publication = $publication AND r.connector = p.connector
            )
    )
) AS unmatched
