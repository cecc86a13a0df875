-- How many addresses of an export belong to no subscription of its connector.
SELECT count(*) FROM (
    SELECT p.address
    FROM (
        SELECT coalesce(odd.address, lower(r.email)) AS address, r.connector
        FROM read_parquet($parts) AS r LEFT JOIN odd_addresses AS odd ON odd.email = r.email
        GROUP BY ALL
    ) AS p
    WHERE NOT EXISTS (
        SELECT 1 FROM words AS w LEFT JOIN odd_addresses AS odd ON odd.email = w.email
        WHERE coalesce(odd.address, lower(w.email)) = p.address
            AND w.subject = 'subscription' AND w.publication = $publication
            AND w.connection IN (
                SELECT connection FROM runs AS r
                WHERE r.publication = $publication AND r.connector = p.connector
            )
    )
) AS unmatched
