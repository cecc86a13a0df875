-- How many people are in each state: the rows of coverage that need the rule. Who has left is asked by
-- coverage_gone, what the sources show by coverage_seen, what running totals say by coverage_totals:
-- all at once need more memory than a small machine gives.
SELECT
    'people' AS topic,
    '' AS connection,
    state AS code,
    count(*) AS count,
    CAST(NULL AS TIMESTAMP) AS since_at,
    CAST(NULL AS TIMESTAMP) AS until_at
FROM people_reading($publication, $as_of, $needed_reads, $last_posts, $by_week, $time_zone)
GROUP BY state
ORDER BY code
