-- Subscriptions that have no person yet. Addresses are folded as store/addresses.py says. Within a publication equal folded addresses are one
-- person; a new one gets an id made from their first subscription and the store's secret
-- (HMAC-SHA256, RFC 2104, from the two padded keys). It is made once and then kept.
COPY (
    WITH fresh AS (
        SELECT s.id, nullif(coalesce(odd.address, lower(s.email)), '') AS address
        FROM read_parquet($parts) AS s LEFT JOIN odd_addresses AS odd ON odd.email = s.email
        WHERE NOT EXISTS (
            SELECT 1 FROM people AS p
            WHERE p.connection = $connection AND p.subscription_id = s.id
        ) AND NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = s.ordinal)
    ),
    known AS (
        SELECT coalesce(odd.address, lower(w.email)) AS address, min(p.person_id) AS person_id
        FROM words AS w
        LEFT JOIN odd_addresses AS odd ON odd.email = w.email
        JOIN people AS p ON p.connection = w.connection AND p.subscription_id = w.id
        WHERE w.subject = 'subscription' AND w.publication = $publication
            AND coalesce(odd.address, lower(w.email)) IN (SELECT f.address FROM fresh AS f)
        GROUP BY 1
    ),
    firsts AS (
        -- Only those that several share: who is alone with an address is the first with it.
        SELECT address, min(id) AS id FROM fresh WHERE address IS NOT NULL
        GROUP BY address HAVING count(*) > 1
    )
    SELECT $publication AS publication, $connection AS connection, f.id AS subscription_id,
        coalesce(
            k.person_id,
            'per_' || substr(sha256($outer_key || unhex(sha256(
                $inner_key || encode($connection || '/' || coalesce(t.id, f.id))
            ))), 1, 26)
        ) AS person_id
    FROM fresh AS f
    LEFT JOIN known AS k ON k.address = f.address
    LEFT JOIN firsts AS t ON t.address = f.address
    ORDER BY f.id
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 20480, KV_METADATA {regulars_format: '1', stream: 'people'})
