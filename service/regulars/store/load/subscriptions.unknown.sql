-- How many people of a pull bear a status that nobody knows here, by the provider's own word for it.
SELECT coalesce(nullif(trim(p.provider_status), ''), 'not said') AS word,
    count(DISTINCT p.id) AS people
FROM read_parquet($parts) AS p
WHERE p.status = 'unknown'
    AND NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell)
GROUP BY 1
ORDER BY people DESC, word
