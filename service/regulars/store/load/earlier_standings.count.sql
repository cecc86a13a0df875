-- How many people a complete export would remove between others, how many of them stand, and how
-- many an export shows as leaving between others.
SELECT
    count(DISTINCT subscription_id) FILTER (told_by = 'absence'),
    count(DISTINCT subscription_id) FILTER (told_by = 'absence' AND status IN ('active', 'unknown')),
    count(DISTINCT subscription_id) FILTER (is_leaving = 1)
FROM earlier_standings
