-- Standings with a status that is not known which did not stand before it, so far as anybody said. A
-- look that knows the word again ends nothing of theirs.
CREATE OR REPLACE TEMP TABLE ended_standings AS
SELECT k.subscription_id, k.spell
FROM subscriptions AS k
JOIN subscription_versions AS v
    ON v.connection = k.connection AND v.subscription_id = k.subscription_id AND v.spell = k.spell
WHERE k.connection = $connection AND k.status = 'unknown'
GROUP BY k.subscription_id, k.spell
HAVING coalesce(
    arg_max(v.status, (v.seen_at, v.entry)) FILTER (v.status <> 'unknown'), 'never said'
) <> 'active'
