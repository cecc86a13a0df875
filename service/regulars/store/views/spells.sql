-- Every stretch of time in which a subscription stood as active: starts_at included, ends_at not.
-- Stretches of one subscription lie apart from each other, so an instant joins one of them at most.
--   start   when they joined. If that is unknown (is_dated = 0): the first post with a sign of
--           theirs, or the first look that showed them, whichever is earlier.
--   end     when they left, by the provider, by an export (`departures`), or else the moment at
--           which it was first seen. An open end lies after everything.
--   return  somebody seen as active again starts a new spell then (or when they joined anew, if
--           that is later than the end), unless nothing had passed them by.
-- A person has one standing at a time. So an end ends their open spells too:
--   in one subscription   of two spells the later one decides, or the one that was shown last if
--                         they began together. An end with a date of its own also ends what was
--                         shown only before it.
--   in another one        only what was shown only before the end. If the end lacks a date, the
--                         open spell must also have begun before the one that ended.
-- unsure_at: since when it cannot be told whether they stand (NULL: they do).
CREATE MACRO spells(publication_name) AS TABLE
WITH owned AS (
    SELECT
        single.*,
        coalesce(people.person_id, single.connection || '/' || single.subscription_id) AS person_id
    FROM single_spells(publication_name) AS single
    LEFT JOIN people
        ON people.connection = single.connection
        AND people.subscription_id = single.subscription_id
),
several AS (
    SELECT person_id FROM owned GROUP BY person_id HAVING count(*) > 1
),
manifold AS (       -- only those who have several spells need to be compared
    SELECT owned.* FROM owned SEMI JOIN several USING (person_id)
),
compared AS (
    SELECT
        still.connection,
        still.subscription_id,
        still.spell,
        ended.ends_at,
        ended.end_status,
        ended.is_told,
        CASE WHEN ended.subscription_id = still.subscription_id
            AND ended.connection = still.connection THEN 1 ELSE 0 END AS is_same,
        CASE WHEN still.shown_at < ended.ends_at THEN 1 ELSE 0 END AS is_newer,
        -- some exports cut the seconds off, some the time of day
        CASE
            WHEN still.is_dated = 0 OR ended.is_dated = 0 THEN 0
            WHEN abs(date_diff('second', still.starts_at, ended.starts_at)) < 60 THEN 0
            WHEN date_trunc('day', greatest(still.starts_at, ended.starts_at))
                = least(still.starts_at, ended.starts_at) THEN 0
            WHEN still.starts_at < ended.starts_at THEN 1
            ELSE -1
        END AS began_later
    FROM manifold AS still
    JOIN manifold AS ended ON ended.person_id = still.person_id
    WHERE still.ends_at IS NULL
        AND ended.ends_at > still.starts_at
        AND ended.ends_at > ended.starts_at
        AND ended.end_status IN ('left', 'bounced', 'removed')
        AND (ended.spell <> still.spell OR ended.subscription_id <> still.subscription_id
            OR ended.connection <> still.connection)
),
overtaken AS (
    SELECT
        connection,
        subscription_id,
        spell,
        min(ends_at) AS ends_at,
        arg_min(end_status, ends_at) AS end_status
    FROM compared
    WHERE CASE
        WHEN is_same = 1 AND is_told = 1 THEN began_later = 1 OR is_newer = 1
        WHEN is_same = 1 THEN began_later = 1 OR (began_later = 0 AND is_newer = 1)
        WHEN end_status = 'removed' THEN FALSE
        WHEN is_told = 1 THEN is_newer = 1
        ELSE began_later >= 0 AND is_newer = 1
    END
    GROUP BY connection, subscription_id, spell
),
closed AS (
    SELECT
        manifold.connection,
        manifold.subscription_id,
        manifold.person_id,
        manifold.spell,
        manifold.starts_at,
        manifold.is_dated,
        manifold.unsure_at,
        coalesce(manifold.ends_at, overtaken.ends_at, TIMESTAMP '9999-12-31 00:00:00') AS ends_at,
        CASE WHEN manifold.ends_at IS NULL THEN coalesce(overtaken.end_status, '')
            ELSE manifold.end_status END AS end_status
    FROM manifold
    LEFT JOIN overtaken
        ON manifold.ends_at IS NULL
        AND overtaken.connection = manifold.connection
        AND overtaken.subscription_id = manifold.subscription_id
        AND overtaken.spell = manifold.spell
),
followed AS (       -- a minute: what a cut of seconds leaves between two is no gap
    SELECT
        *,
        CASE WHEN starts_at <= max(ends_at) OVER (
            PARTITION BY connection, subscription_id ORDER BY starts_at, ends_at, spell
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) + INTERVAL 1 MINUTE THEN 0 ELSE 1 END AS is_apart
    FROM closed
),
numbered AS (
    SELECT
        *,
        sum(is_apart) OVER (
            PARTITION BY connection, subscription_id ORDER BY starts_at, ends_at, spell
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS stretch
    FROM followed
)
SELECT
    connection,
    subscription_id,
    any_value(person_id) AS person_id,
    min(starts_at) AS starts_at,
    max(ends_at) AS ends_at,
    arg_min(is_dated, {'starts_at': starts_at, 'is_dated': is_dated}) AS is_dated,
    CASE arg_max(end_status, ends_at) WHEN '' THEN NULL WHEN 'left' THEN 'left' ELSE 'censored' END
        AS end_kind,
    arg_max(end_status, ends_at) AS end_status,
    -- where one of several open spells is known to stand, they stand
    CASE WHEN count(CASE WHEN end_status = '' AND unsure_at IS NULL THEN 1 END) = 0
        THEN max(CASE WHEN end_status = '' THEN unsure_at END) END AS unsure_at
FROM numbered
GROUP BY connection, subscription_id, stretch
UNION ALL
SELECT
    connection,
    subscription_id,
    person_id,
    starts_at,
    coalesce(ends_at, TIMESTAMP '9999-12-31 00:00:00'),
    is_dated,
    CASE WHEN end_status = 'left' THEN 'left' WHEN end_status IS NOT NULL THEN 'censored' END,
    coalesce(end_status, ''),
    CASE WHEN end_status IS NULL THEN unsure_at END
FROM owned
ANTI JOIN several USING (person_id)
