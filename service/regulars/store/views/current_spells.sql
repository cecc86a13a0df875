-- The spells that belong to the present standing of everybody active at `as_of`. Several
-- subscriptions of one person count together: spells that touch or overlap are one standing, a gap
-- begins a new one. is_unsure: 1 if it cannot be told whether they still stand. is_dated: 1 if it is
-- known when they joined. person_no and spell_no are short keys, valid within one query only.
CREATE MACRO current_spells(publication_name, as_of) AS TABLE
WITH owned AS (
    SELECT person_id, connection, subscription_id, starts_at, ends_at, is_dated, unsure_at
    FROM spells(publication_name)
    WHERE starts_at <= as_of AND starts_at < ends_at
),
followed AS (
    SELECT
        *,
        CASE WHEN starts_at <= max(ends_at) OVER (
            PARTITION BY person_id ORDER BY starts_at, ends_at, connection, subscription_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) + INTERVAL 1 MINUTE THEN 0 ELSE 1 END AS is_apart
    FROM owned
),
standing AS (       -- a minute: what a cut of seconds leaves between two is no gap
    SELECT
        person_id,
        CAST(row_number() OVER (ORDER BY person_id) AS INTEGER) AS person_no,
        max(CASE WHEN is_apart = 1 THEN starts_at END) AS since_at,
        arg_max(is_dated, CASE WHEN is_apart = 1 THEN starts_at END) AS is_dated,
        max(ends_at) AS until_at,
        min(CASE WHEN ends_at > as_of THEN
            CASE WHEN unsure_at <= as_of THEN 1 ELSE 0 END END) AS is_unsure
    FROM followed
    GROUP BY person_id
)
SELECT
    standing.person_id,
    standing.person_no,
    standing.since_at,
    standing.is_dated,
    standing.is_unsure,
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
