-- How many people are in each state, and how many have left: the rows of coverage that need the rule.
-- What the sources show is asked by coverage_seen, what running totals say by coverage_totals: all
-- at once need more memory than a small machine gives.
WITH stated AS (
    SELECT state, person_id
    FROM people_reading($publication, $as_of, $needed_reads, $last_posts, $by_week, $time_zone)
),
gone AS (           -- people whose newest spell is over
    SELECT person_id, arg_max(end_kind, ends_at) AS end_kind
    FROM (
        SELECT people.person_id, spells.ends_at, coalesce(spells.end_kind, 'left') AS end_kind
        FROM spells($publication) AS spells
        JOIN people
            ON people.connection = spells.connection
            AND people.subscription_id = spells.subscription_id
        WHERE spells.starts_at <= $as_of
    ) AS known
    GROUP BY person_id
    HAVING max(ends_at) <= $as_of
)
SELECT
    topic,
    connection,
    code,
    count,
    CAST(NULL AS TIMESTAMP) AS since_at,
    CAST(NULL AS TIMESTAMP) AS until_at
FROM (
    SELECT 'people' AS topic, '' AS connection, state AS code, count(*) AS count
    FROM stated GROUP BY state
    UNION ALL
    SELECT 'people', '', CASE end_kind WHEN 'left' THEN 'left' ELSE 'unreachable' END, count(*)
    FROM gone GROUP BY CASE end_kind WHEN 'left' THEN 'left' ELSE 'unreachable' END
) AS counts
ORDER BY code
