-- Opens and clicks of a source without ids that are known but for who made them, a machine or a
-- person: each with the key by which it is known, since it happened once. Signals of the
-- connection are read once, against those of the part.
CREATE OR REPLACE TEMP TABLE rekeyed AS
WITH unkeyed AS (
    SELECT max(p.ordinal) AS ordinal, p.kind, p.subscription_id, p.post_id, p.at, p.url,
        'row_' || substr(sha256(concat_ws(chr(31),
                p.kind, coalesce(p.subscription_id, ''), coalesce(p.post_id, ''),
                coalesce(CAST(p.at AS VARCHAR), ''), coalesce(CAST(p.machine AS VARCHAR), ''),
                coalesce(p.url, ''), coalesce(p.question_id, ''), coalesce(p.answer, ''),
                coalesce(p.text, '')
            )), 1, 40) AS signal_key
    FROM read_parquet($parts) AS p
    WHERE p.id IS NULL AND p.kind IN ('open', 'click')
    GROUP BY ALL
),
alike AS (
    SELECT u.ordinal, u.signal_key, s.signal_key AS known_key
    FROM unkeyed AS u
    JOIN signals AS s ON s.connection = $connection AND s.kind = u.kind
        AND s.subscription_id = u.subscription_id AND s.post_id = u.post_id
        AND s.happened_at IS NOT DISTINCT FROM u.at AND s.url IS NOT DISTINCT FROM u.url
    WHERE starts_with(s.signal_key, 'row_')
)
SELECT ordinal, min(known_key) AS signal_key
FROM alike
GROUP BY ordinal
HAVING NOT bool_or(known_key = signal_key)
    AND min(known_key) NOT IN (SELECT signal_key FROM unkeyed)
QUALIFY row_number() OVER (PARTITION BY min(known_key) ORDER BY ordinal) = 1
