-- How many signals of an export differ from those that a newer one brought. Of a source without ids
-- all columns are the key, so that none differs.
SELECT count(*), 0
FROM read_parquet($parts) AS p
JOIN signals AS k
    ON k.connection = $connection AND k.kind = p.kind AND k.signal_key = p.id
WHERE k.seen_at > p.seen_at
    AND (p.subscription_id, coalesce(p.post_id, k.post_id), p.at, p.machine, p.url, p.question_id,
        p.answer)
    IS DISTINCT FROM
       (k.subscription_id, k.post_id, k.happened_at, k.machine, k.url, k.question_id, k.answer)
