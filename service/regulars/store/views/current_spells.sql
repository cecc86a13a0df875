-- The spells that belong to the present standing of everybody active at `as_of`. Several
-- subscriptions of one person count together: spells that overlap are one standing, a gap begins
-- a new one. person_no and spell_no are short keys, valid within one query only.
CREATE MACRO current_spells(publication_name, as_of) AS TABLE
WITH owned AS (
    SELECT
        people.person_id,
        spells.connection,
        spells.subscription_id,
        spells.starts_at,
        spells.ends_at
    FROM spells(publication_name) AS spells
    JOIN people
        ON people.connection = spells.connection
        AND people.subscription_id = spells.subscription_id
    WHERE spells.starts_at <= as_of AND spells.starts_at < spells.ends_at
),
followed AS (
    SELECT
        *,
        max(ends_at) OVER (
            PARTITION BY person_id ORDER BY starts_at, ends_at, connection, subscription_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS ended_before
    FROM owned
),
standing AS (
    SELECT
        person_id,
        CAST(row_number() OVER (ORDER BY person_id) AS INTEGER) AS person_no,
        max(CASE WHEN ended_before IS NULL OR starts_at >= ended_before THEN starts_at END)
            AS since_at,
        max(ends_at) AS until_at
    FROM followed
    GROUP BY person_id
)
SELECT
    standing.person_id,
    standing.person_no,
    standing.since_at,
    CAST(row_number() OVER (
        ORDER BY standing.person_no, owned.connection, owned.subscription_id, owned.starts_at
    ) AS INTEGER) AS spell_no,
    owned.connection,
    owned.subscription_id,
    owned.starts_at,
    owned.ends_at
FROM owned
JOIN standing ON standing.person_id = owned.person_id
WHERE standing.until_at > as_of AND owned.starts_at >= standing.since_at
