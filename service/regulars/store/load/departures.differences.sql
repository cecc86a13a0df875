-- New departures of a pull, each with the subscription of its address. Of several subscriptions
-- with one address it is the one that began when the export says. If none did, the departure
-- is skipped, because its subscription is uncertain.
COPY (
    WITH staged AS (
        SELECT address, connector, joined_at, left_at, max(seen_at) AS seen_at
        FROM (
            SELECT r.*, coalesce(odd.address, lower(r.email)) AS address
            FROM read_parquet($parts) AS r LEFT JOIN odd_addresses AS odd ON odd.email = r.email
        ) AS p
        WHERE left_at IS NOT NULL
        GROUP BY address, connector, joined_at, left_at
    ),
    candidates AS (
        SELECT s.connector, s.left_at, s.seen_at, n.connection, n.subscription_id,
            n.joined_at = s.joined_at AS began_then,
            count(DISTINCT n.subscription_id) OVER (
                PARTITION BY s.address, s.connector, s.joined_at, s.left_at, n.connection
            ) AS candidates
        FROM staged AS s
        JOIN (
            SELECT words.*, coalesce(odd.address, lower(words.email)) AS address
            FROM words LEFT JOIN odd_addresses AS odd ON odd.email = words.email
            WHERE subject = 'subscription' AND publication = $publication
        ) AS w ON w.address = s.address
        JOIN subscriptions AS n ON n.connection = w.connection AND n.subscription_id = w.id
        WHERE n.connection IN (
            SELECT connection FROM runs AS r
            WHERE r.publication = $publication AND r.connector = s.connector
        )
    )
    SELECT $publication AS publication, c.connection, c.subscription_id, c.left_at,
        $connection AS told_by, max(c.seen_at) AS seen_at
    FROM candidates AS c
    WHERE (c.candidates = 1 OR c.began_then)
        AND NOT EXISTS (
            SELECT 1 FROM departures AS k
            WHERE k.connection = c.connection AND k.subscription_id = c.subscription_id
                AND k.left_at = c.left_at
        )
    GROUP BY c.connection, c.subscription_id, c.left_at
    ORDER BY c.subscription_id, c.left_at
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, KV_METADATA {regulars_format: '1', stream: 'departures'})
