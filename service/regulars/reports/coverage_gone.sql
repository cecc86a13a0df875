-- How many people have left: those whose newest spell is over. Rows of coverage.
WITH gone AS (
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
    'people' AS topic,
    '' AS connection,
    CASE end_kind WHEN 'left' THEN 'left' ELSE 'unreachable' END AS code,
    count(*) AS count,
    CAST(NULL AS TIMESTAMP) AS since_at,
    CAST(NULL AS TIMESTAMP) AS until_at
FROM gone
GROUP BY CASE end_kind WHEN 'left' THEN 'left' ELSE 'unreachable' END
ORDER BY code
