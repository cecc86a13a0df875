-- The stretches of each subscription and spell by itself, as its versions tell them: `spells` puts
-- those of one subscription together. end_status is NULL while open. is_told: 1 if the provider or
-- an export said when it ended. shown_at: when an open one was last shown as active.
--
-- A turn is a version that begins or ends a standing. A status that is not known changes nothing:
-- it goes on as the last known one, and a key that begins with one is taken to stand. unsure_at says
-- since when.
--
-- An end that was none (`interruptions`): the person was seen active again, had joined when they had
-- before, and no post passed them by meanwhile. One odd answer of a provider looks like this.
--   no post went out between, and no export says that they left
--   or each post that went out between left a sign of theirs (a delivery, an open)
--   or as many mails as posts were added to their running totals
--   or their total of mails grew while they were out, seen by one look only or before the last
CREATE MACRO single_spells(publication_name) AS TABLE
WITH marked AS (
    SELECT
        *,
        CASE status WHEN 'active' THEN 1 WHEN 'unknown' THEN NULL ELSE 0 END AS says,
        CASE was_status WHEN 'active' THEN 1 WHEN 'unknown' THEN NULL ELSE 0 END AS said
    FROM subscription_versions
    WHERE publication = publication_name
),
changed AS (        -- the first version of each key, and each one that says something else
    SELECT *
    FROM marked
    WHERE was_status IS NULL
        OR says IS DISTINCT FROM said
        OR (presence = 'removed') <> (coalesce(was_presence, 'present') = 'removed')
),
-- Most keys have one version, so that nothing needs to be put in order.
lively AS (
    SELECT connection, subscription_id, spell
    FROM changed
    WHERE was_status IS NOT NULL
    GROUP BY connection, subscription_id, spell
),
known AS (
    SELECT
        changed.*,
        coalesce(
            says,
            last_value(says IGNORE NULLS) OVER (
                key_order ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            )
        ) AS last_said,
        row_number() OVER (
            PARTITION BY connection, subscription_id, spell ORDER BY seen_at DESC, entry DESC
        ) AS place_back
    FROM changed
    SEMI JOIN lively USING (connection, subscription_id, spell)
    WINDOW key_order AS (PARTITION BY connection, subscription_id, spell ORDER BY seen_at, entry)
),
standing AS (
    SELECT
        *,
        CASE WHEN presence = 'removed' THEN 0 ELSE coalesce(last_said, 1) END AS stands,
        lag(CASE WHEN presence = 'removed' THEN 0 ELSE coalesce(last_said, 1) END) OVER key_order
            AS stood,
        max(CASE
            WHEN place_back > 1 OR says IS NOT NULL THEN NULL
            WHEN last_said IS NULL THEN TIMESTAMP '1000-01-01 00:00:00'
            ELSE seen_at
        END) OVER (PARTITION BY connection, subscription_id, spell) AS unsure_at
    FROM known
    WINDOW key_order AS (PARTITION BY connection, subscription_id, spell ORDER BY seen_at, entry)
),
turned AS (
    SELECT
        * EXCLUDE (last_said, place_back, stood),
        row_number() OVER key_order AS turn,
        row_number() OVER (
            PARTITION BY connection, subscription_id, spell ORDER BY seen_at DESC, entry DESC
        ) AS turns_left,
        lag(seen_at) OVER key_order AS seen_before,
        lag(joined_at) OVER key_order AS joined_before
    FROM standing
    WHERE stands IS DISTINCT FROM stood
    WINDOW key_order AS (PARTITION BY connection, subscription_id, spell ORDER BY seen_at, entry)
    UNION ALL
    SELECT
        *,
        CASE WHEN presence = 'removed' THEN 0 ELSE coalesce(says, 1) END,
        CASE WHEN says IS NULL THEN TIMESTAMP '1000-01-01 00:00:00' END,
        1,
        1,
        NULL,
        NULL
    FROM changed
    ANTI JOIN lively USING (connection, subscription_id, spell)
),
turn_departures AS (
    -- A departure counts for a turn only if it lies between that and the one before
    SELECT turned.connection, turned.subscription_id, turned.spell, turned.turn,
        max(departures.left_at) AS left_at
    FROM departures
    JOIN turned
        ON turned.connection = departures.connection
        AND turned.subscription_id = departures.subscription_id
        AND departures.left_at >= coalesce(turned.seen_before, turned.joined_at, departures.left_at)
        AND departures.left_at <= turned.seen_at
    WHERE turned.status = 'left' AND turned.left_at IS NULL
    GROUP BY turned.connection, turned.subscription_id, turned.spell, turned.turn
),
turns AS (
    SELECT
        turned.connection,
        turned.subscription_id,
        turned.spell,
        turned.turn,
        turned.turns_left,
        turned.status,
        turned.stands,
        turned.seen_at,
        turned.seen_before,
        turned.joined_at,
        turned.joined_before,
        turned.unsure_at,
        coalesce(
            turned.left_at,
            turn_departures.left_at,
            CASE WHEN turned.status IN ('active', 'unknown') THEN turned.absent_since END,
            turned.seen_at
        ) AS end_at,
        CASE WHEN coalesce(turned.left_at, turn_departures.left_at) IS NULL THEN 0 ELSE 1 END
            AS is_told,
        CASE WHEN turn_departures.left_at IS NULL THEN 0 ELSE 1 END AS is_exported
    FROM turned
    LEFT JOIN turn_departures
        ON turn_departures.connection = turned.connection
        AND turn_departures.subscription_id = turned.subscription_id
        AND turn_departures.spell = turned.spell
        AND turn_departures.turn = turned.turn
),
returns AS (
    SELECT
        back.connection,
        back.subscription_id,
        back.spell,
        back.turn,
        gone.end_at AS from_at,
        gone.seen_at AS out_at,
        gone.is_exported,
        back.seen_at AS to_at
    FROM turns AS back
    JOIN turns AS gone
        ON gone.connection = back.connection
        AND gone.subscription_id = back.subscription_id
        AND gone.spell = back.spell
        AND gone.turn = back.turn - 1
    WHERE back.stands = 1
        AND NOT (gone.turn = 1 AND gone.status = 'pending')
        AND (back.joined_at IS NOT DISTINCT FROM back.joined_before
            OR abs(date_diff('second', back.joined_at, back.joined_before)) < 60)
),
grown AS (
    SELECT
        returns.connection,
        returns.subscription_id,
        returns.spell,
        returns.turn,
        min(counters.was_at) AS counted_from,
        sum(counters.received - counters.was_received) AS received,
        max(CASE WHEN counters.received > counters.was_received
                AND (counters.seen_at < returns.to_at OR counters.was_at <= returns.out_at)
            THEN 1 ELSE 0 END) AS grew_while_out
    FROM returns
    JOIN counters
        ON counters.connection = returns.connection
        AND counters.subscription_id = returns.subscription_id
        AND counters.seen_at > returns.out_at
        AND counters.seen_at <= returns.to_at
    WHERE counters.was_at IS NOT NULL
    GROUP BY returns.connection, returns.subscription_id, returns.spell, returns.turn
),
passed AS (
    SELECT
        returns.connection,
        returns.subscription_id,
        returns.spell,
        returns.turn,
        posts.id AS post_id
    FROM returns
    LEFT JOIN grown
        ON grown.connection = returns.connection
        AND grown.subscription_id = returns.subscription_id
        AND grown.spell = returns.spell
        AND grown.turn = returns.turn
    JOIN posts
        ON posts.connection = returns.connection
        AND posts.sent_at >= least(returns.from_at, coalesce(grown.counted_from, returns.from_at))
        AND posts.sent_at < returns.to_at
    WHERE posts.publication = publication_name
        AND posts.form IN ('email', 'both')
        AND posts.status IN ('sent', 'archived', 'scheduled')
),
showing AS (
    SELECT signals.connection, signals.subscription_id, signals.post_id
    FROM signals
    JOIN (SELECT connection, subscription_id FROM returns GROUP BY connection, subscription_id)
        AS returned
        ON returned.connection = signals.connection
        AND returned.subscription_id = signals.subscription_id
    GROUP BY signals.connection, signals.subscription_id, signals.post_id
),
counted AS (
    SELECT
        passed.connection,
        passed.subscription_id,
        passed.spell,
        passed.turn,
        count(*) AS posts,
        count(showing.post_id) AS shown
    FROM passed
    LEFT JOIN showing
        ON showing.connection = passed.connection
        AND showing.subscription_id = passed.subscription_id
        AND showing.post_id = passed.post_id
    GROUP BY passed.connection, passed.subscription_id, passed.spell, passed.turn
),
interruptions AS (
    SELECT returns.connection, returns.subscription_id, returns.spell, returns.turn
    FROM returns
    LEFT JOIN grown
        ON grown.connection = returns.connection
        AND grown.subscription_id = returns.subscription_id
        AND grown.spell = returns.spell
        AND grown.turn = returns.turn
    LEFT JOIN counted
        ON counted.connection = returns.connection
        AND counted.subscription_id = returns.subscription_id
        AND counted.spell = returns.spell
        AND counted.turn = returns.turn
    WHERE grown.grew_while_out = 1
        OR (counted.posts IS NULL AND returns.is_exported = 0)
        OR counted.posts <= greatest(counted.shown, coalesce(grown.received, 0))
),
placed AS (
    SELECT
        turns.*,
        lag(turns.end_at) OVER key_order AS end_before,
        lead(turns.end_at) OVER key_order AS end_after,
        lead(turns.is_told) OVER key_order AS told_after,
        lead(turns.status) OVER key_order AS status_after,
        CASE WHEN interruptions.turn IS NULL THEN 0 ELSE 1 END AS goes_on
    FROM turns
    LEFT JOIN interruptions
        ON interruptions.connection = turns.connection
        AND interruptions.subscription_id = turns.subscription_id
        AND interruptions.spell = turns.spell
        AND interruptions.turn = turns.turn
    WHERE turns.turn > 1 OR turns.turns_left > 1
    WINDOW key_order AS (
        PARTITION BY turns.connection, turns.subscription_id, turns.spell ORDER BY turns.turn
    )
    UNION ALL
    SELECT *, NULL, NULL, NULL, NULL, 0
    FROM turns
    WHERE turn = 1 AND turns_left = 1
),
looked AS (         -- an export looked on its own day, which is in the row
    SELECT connection, max(started_at) AS looked_at
    FROM run_streams
    WHERE stream = 'subscriptions' AND outcome = 'whole' AND shown_from IS NULL
    GROUP BY connection
),
bounded AS (
    SELECT
        placed.connection,
        placed.subscription_id,
        placed.spell,
        placed.seen_at,
        CASE
            WHEN placed.turn = 1 AND placed.turns_left <= 2 THEN newest.joined_at
            WHEN placed.turn = 1 THEN placed.joined_at
            WHEN placed.goes_on = 1 THEN placed.end_before
            WHEN placed.joined_at >= placed.end_before THEN placed.joined_at
            ELSE placed.seen_at
        END AS starts_at,
        CASE
            WHEN placed.stands = 0 AND placed.turns_left = 1
                THEN coalesce(newest.left_at, placed.end_at)
            WHEN placed.stands = 0 THEN placed.end_at
            -- a date of leaving from before somebody's return is an old one
            WHEN placed.turns_left = 1 AND (placed.turn = 1 OR newest.left_at > placed.seen_at)
                THEN newest.left_at
            WHEN placed.turns_left = 1 THEN NULL
            WHEN placed.turns_left = 2 THEN coalesce(newest.left_at, placed.end_after)
            ELSE placed.end_after
        END AS ends_at,
        CASE
            WHEN placed.stands = 0 THEN placed.status
            WHEN placed.turns_left > 1 THEN placed.status_after
            WHEN newest.left_at IS NOT NULL
                AND (placed.turn = 1 OR newest.left_at > placed.seen_at) THEN 'left'
        END AS end_status,
        CASE
            WHEN placed.turns_left <= 2 AND newest.left_at IS NOT NULL THEN 1
            WHEN placed.stands = 0 THEN placed.is_told
            ELSE coalesce(placed.told_after, 0)
        END AS is_told,
        CASE WHEN placed.turns_left = 1 THEN placed.unsure_at END AS unsure_at,
        CASE WHEN newest.presence = 'present' AND newest.status = 'active'
            THEN greatest(newest.seen_at, coalesce(looked.looked_at, newest.seen_at))
            ELSE newest.seen_at END AS shown_at
    FROM placed
    JOIN subscriptions AS newest
        ON newest.connection = placed.connection
        AND newest.subscription_id = placed.subscription_id
        AND newest.spell = placed.spell
    LEFT JOIN looked ON looked.connection = placed.connection
    -- first seen when it was already over: still a spell, unless never confirmed
    WHERE placed.stands = 1 OR (placed.turn = 1 AND placed.status <> 'pending')
),
first_signs AS (    -- of those of whom nobody knows when they joined
    SELECT
        signals.connection,
        signals.subscription_id,
        min(coalesce(posts.sent_at, signals.happened_at)) AS first_at
    FROM signals
    JOIN (
        SELECT connection, subscription_id
        FROM bounded
        WHERE starts_at IS NULL
        GROUP BY connection, subscription_id
    ) AS undated
        ON undated.connection = signals.connection
        AND undated.subscription_id = signals.subscription_id
    LEFT JOIN posts ON posts.connection = signals.connection AND posts.id = signals.post_id
    GROUP BY signals.connection, signals.subscription_id
)
SELECT
    bounded.connection,
    bounded.subscription_id,
    bounded.spell,
    coalesce(bounded.starts_at, least(
        bounded.seen_at,
        coalesce(first_signs.first_at, bounded.seen_at),
        coalesce(bounded.ends_at, bounded.seen_at)
    )) AS starts_at,
    CASE WHEN bounded.starts_at IS NULL THEN 0 ELSE 1 END AS is_dated,
    bounded.ends_at,
    bounded.end_status,
    bounded.is_told,
    bounded.unsure_at,
    bounded.shown_at
FROM bounded
LEFT JOIN first_signs
    ON bounded.starts_at IS NULL
    AND first_signs.connection = bounded.connection
    AND first_signs.subscription_id = bounded.subscription_id
