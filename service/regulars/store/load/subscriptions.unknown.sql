-- How many people of a pull bear a status that nobody knows here, by the provider's own word for it,
-- and how many of them bore another one before. The row without a word counts all of them, since one
-- may bear two such words in two spells.
WITH unsure AS (
    SELECT coalesce(nullif(trim(p.provider_status), ''), 'not said') AS word, p.id,
        k.status IS DISTINCT FROM 'unknown' AS is_new
    FROM read_parquet($parts) AS p
    LEFT JOIN subscriptions AS k
        ON k.connection = $connection AND k.subscription_id = p.id AND k.spell = p.spell
    WHERE p.status = 'unknown'
        AND NOT EXISTS (
            SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal AND o.same_spell
        )
)
SELECT word, count(DISTINCT id) AS people, count(DISTINCT id) FILTER (is_new) AS news
FROM unsure
GROUP BY GROUPING SETS ((word), ())
ORDER BY people DESC, word
