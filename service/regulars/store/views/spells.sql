-- Every stretch of time in which a subscription stood as active: starts_at included, ends_at not.
-- An unknown start lies before everything, an open end after everything. If the provider leaves out
-- when somebody left, the end comes from an export (`departures`), or else is the moment at which
-- it was first seen. Somebody seen as active again starts a new spell then (or when they joined
-- anew, if that is later than the end).
CREATE MACRO spells(publication_name) AS TABLE
WITH marked AS (
    SELECT
        *,
        CASE WHEN status = 'active' AND presence <> 'removed' THEN 1 ELSE 0 END AS is_active,
        CASE WHEN was_status = 'active' AND coalesce(was_presence, 'present') <> 'removed'
            THEN 1 ELSE 0 END AS was_active
    FROM subscription_versions
    WHERE publication = publication_name
),
turned AS (         -- the first version of each key, and each one that begins or ends a standing
    SELECT *
    FROM marked
    WHERE was_status IS NULL OR is_active <> was_active
),
turn_departures AS (
    -- A departure counts for a turn only if it lies between that and the one before
    SELECT turned.connection, turned.subscription_id, turned.spell, turned.entry,
        max(departures.left_at) AS left_at
    FROM departures
    JOIN (
        SELECT
            *,
            lag(seen_at) OVER (
                PARTITION BY connection, subscription_id, spell ORDER BY entry, seen_at
            ) AS seen_before
        FROM turned
        WHERE (connection, subscription_id) IN (
            SELECT connection, subscription_id FROM departures WHERE publication = publication_name
        )
    ) AS turned
        ON turned.connection = departures.connection
        AND turned.subscription_id = departures.subscription_id
        AND departures.left_at >= coalesce(turned.seen_before, turned.joined_at, departures.left_at)
        AND departures.left_at <= turned.seen_at
    WHERE turned.status = 'left' AND turned.left_at IS NULL
    GROUP BY turned.connection, turned.subscription_id, turned.spell, turned.entry
),
turns AS (
    SELECT
        turned.*,
        coalesce(
            turned.left_at,
            turn_departures.left_at,
            CASE WHEN turned.status = 'active' THEN turned.absent_since END,
            turned.seen_at
        ) AS end_at
    FROM turned
    LEFT JOIN turn_departures
        ON turn_departures.connection = turned.connection
        AND turn_departures.subscription_id = turned.subscription_id
        AND turn_departures.spell = turned.spell
        AND turn_departures.entry = turned.entry
),
placed AS (
    SELECT
        *,
        row_number() OVER key_order AS turn,
        lag(end_at) OVER key_order AS end_before,
        lead(end_at) OVER key_order AS end_after,
        lead(status) OVER key_order AS status_after,
        row_number() OVER (
            PARTITION BY connection, subscription_id, spell ORDER BY entry DESC, seen_at DESC
        ) AS turns_left
    FROM turns
    WINDOW key_order AS (
        PARTITION BY connection, subscription_id, spell ORDER BY entry, seen_at
    )
),
bounded AS (
    SELECT
        placed.connection,
        placed.subscription_id,
        placed.spell,
        CASE
            WHEN placed.turn = 1 AND placed.turns_left <= 2 THEN newest.joined_at
            WHEN placed.turn = 1 THEN placed.joined_at
            WHEN placed.joined_at >= placed.end_before THEN placed.joined_at
            ELSE placed.seen_at
        END AS starts_at,
        CASE
            WHEN placed.is_active = 0 AND placed.turns_left = 1
                THEN coalesce(newest.left_at, placed.end_at)
            WHEN placed.is_active = 0 THEN placed.end_at
            -- a date of leaving from before somebody's return is an old one
            WHEN placed.turns_left = 1 AND (placed.turn = 1 OR newest.left_at > placed.seen_at)
                THEN newest.left_at
            WHEN placed.turns_left = 1 THEN NULL
            WHEN placed.turns_left = 2 THEN coalesce(newest.left_at, placed.end_after)
            ELSE placed.end_after
        END AS ends_at,
        CASE
            WHEN placed.is_active = 0 THEN placed.status
            WHEN placed.turns_left > 1 THEN placed.status_after
            WHEN newest.left_at IS NOT NULL THEN 'left'
        END AS end_status
    FROM placed
    JOIN subscriptions AS newest
        ON newest.connection = placed.connection
        AND newest.subscription_id = placed.subscription_id
        AND newest.spell = placed.spell
    -- first seen when it was already over: still a spell, unless never confirmed
    WHERE placed.is_active = 1 OR (placed.turn = 1 AND placed.status <> 'pending')
)
SELECT
    connection,
    subscription_id,
    spell,
    coalesce(starts_at, TIMESTAMP '1000-01-01 00:00:00') AS starts_at,
    coalesce(ends_at, TIMESTAMP '9999-12-31 00:00:00') AS ends_at,
    CASE WHEN end_status = 'left' THEN 'left' WHEN end_status IS NOT NULL THEN 'censored' END
        AS end_kind
FROM bounded
