-- How many people of a pull bear a status that nobody knows here, by the provider's own word for it,
-- and how many of them bore another one before.
SELECT coalesce(nullif(trim(p.provider_status), ''), 'not said') AS word,
    count(DISTINCT p.id) AS people,
    count(DISTINCT p.id) FILTER (k.status IS DISTINCT FROM 'unknown') AS news
FROM read_parquet($parts) AS p
LEFT JOIN subscriptions AS k
    ON k.connection = $connection AND k.subscription_id = p.id AND k.spell = p.spell
WHERE p.status = 'unknown'
    AND NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell)
GROUP BY 1
ORDER BY people DESC, word
