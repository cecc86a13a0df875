-- Every spell that began by `as_of`, with the standing that it belongs to, also of people who left.
-- Several subscriptions of one person count together: spells that touch or overlap are one standing,
-- a gap begins a new one. standing_no: 1, 2, … of the person. until_at: when the standing ends.
-- end_kind: open, left, or censored, where nothing is said of the person's interest.
-- is_unsure: 1 if it cannot be told whether they still stand. is_dated: 1 if it is known when they
-- joined. person_no (one for each standing) and spell_no are short keys, valid within one query only.
CREATE MACRO standing_spells(publication_name, as_of) AS TABLE
WITH owned AS (
    SELECT person_id, connection, subscription_id, starts_at, ends_at, end_kind, is_dated, unsure_at
    FROM spells(publication_name)
    WHERE starts_at <= as_of AND starts_at < ends_at
),
several AS (
    SELECT person_id FROM owned GROUP BY person_id HAVING count(*) > 1
),
followed AS (
    SELECT
        owned.*,
        CASE WHEN starts_at <= max(ends_at) OVER (
            PARTITION BY person_id ORDER BY starts_at, ends_at, connection, subscription_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) + INTERVAL 1 MINUTE THEN 0 ELSE 1 END AS is_apart
    FROM owned
    SEMI JOIN several USING (person_id)
),
numbered AS (       -- a minute: what a cut of seconds leaves between two is no gap
    SELECT
        *,
        CAST(sum(is_apart) OVER (
            PARTITION BY person_id ORDER BY starts_at, ends_at, connection, subscription_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS INTEGER) AS standing_no
    FROM followed
    UNION ALL       -- most people have one spell, which needs no order
    SELECT owned.*, 1, 1
    FROM owned
    ANTI JOIN several USING (person_id)
),
standing AS (
    SELECT
        person_id,
        standing_no,
        CAST(row_number() OVER (ORDER BY person_id, standing_no) AS INTEGER) AS person_no,
        min(starts_at) AS since_at,
        max(CASE WHEN is_apart = 1 THEN is_dated END) AS is_dated,
        max(ends_at) AS until_at,
        -- of two that end together, the one of a departure
        arg_max(end_kind, {'ends_at': ends_at, 'end_kind': end_kind}) AS end_kind,
        coalesce(min(CASE WHEN ends_at > as_of THEN
            CASE WHEN unsure_at <= as_of THEN 1 ELSE 0 END END), 0) AS is_unsure
    FROM numbered
    GROUP BY person_id, standing_no
)
SELECT
    standing.person_id,
    standing.standing_no,
    standing.person_no,
    standing.since_at,
    standing.until_at,
    CASE WHEN standing.until_at > as_of THEN 'open' ELSE standing.end_kind END AS end_kind,
    standing.is_dated,
    standing.is_unsure,
    CAST(row_number() OVER (
        ORDER BY standing.person_no, numbered.connection, numbered.subscription_id,
            numbered.starts_at
    ) AS INTEGER) AS spell_no,
    numbered.connection,
    numbered.subscription_id,
    numbered.starts_at,
    numbered.ends_at
FROM numbered
JOIN standing
    ON standing.person_id = numbered.person_id AND standing.standing_no = numbered.standing_no
