-- How many people do not stand, by how their newest spell ended, or why they have none yet. With the
-- states of those who stand, everybody known is in one line. Rows of coverage.
WITH stretches AS (
    SELECT person_id, starts_at, ends_at, end_status FROM spells($publication)
),
ended AS (
    SELECT person_id, arg_max(end_status, ends_at) AS end_status
    FROM stretches
    WHERE starts_at <= $as_of
    GROUP BY person_id
    HAVING max(ends_at) <= $as_of
),
waiting AS (        -- without a spell so far, though somebody has seen them
    SELECT
        coalesce(people.person_id, versions.connection || '/' || versions.subscription_id)
            AS person_id,
        arg_max(versions.status, versions.seen_at) AS status
    FROM subscription_versions AS versions
    LEFT JOIN people
        ON people.connection = versions.connection
        AND people.subscription_id = versions.subscription_id
    WHERE versions.publication = $publication
        AND least(versions.seen_at, coalesce(versions.joined_at, versions.seen_at)) <= $as_of
    GROUP BY 1
),
gone AS (
    SELECT end_status AS status FROM ended
    UNION ALL
    SELECT CASE WHEN status IN ('active', 'unknown') THEN 'pending' ELSE status END
    FROM waiting
    WHERE person_id NOT IN (SELECT person_id FROM stretches WHERE starts_at <= $as_of)
)
SELECT
    'people' AS topic,
    '' AS connection,
    CASE WHEN status IN ('left', 'pending', 'paused') THEN status ELSE 'unreachable' END AS code,
    count(*) AS count,
    CAST(NULL AS TIMESTAMP) AS since_at,
    CAST(NULL AS TIMESTAMP) AS until_at
FROM gone
GROUP BY CASE WHEN status IN ('left', 'pending', 'paused') THEN status ELSE 'unreachable' END
ORDER BY code
