-- What two looks at a person's running totals say about the posts sent between them, for everybody
-- active at `as_of`. posts_between counts the posts sent between the looks, reached how many of
-- them came to this person, reads_low and reads_high the bounds for how many of those were read;
-- late_reads are opens beyond them, of earlier posts; unmatured are the youngest of the posts that
-- cannot be judged yet. A surplus of received mails (automations) hides which were opened.
-- known counts the posts of which it is known by name that they were read: answered, or opened or
-- clicked by `named_reads` (clicks without an open make one read, however many). An open known by
-- name that the totals do not show yet will be in them later: it is owed, and the next opens pay
-- for it before they prove a read of their own, so that no open is counted twice.
CREATE MACRO counter_intervals(publication_name, as_of) AS TABLE
WITH mailed AS (
    SELECT connection, post_id, ordinal, sent_at, is_matured
    FROM mailed_posts(publication_name, as_of)
    WHERE by_counters = 1
),
matured AS (
    SELECT connection, sum(is_matured) AS matured_posts
    FROM mailed
    GROUP BY connection
),
looks AS (
    SELECT
        spells_now.person_no,
        spells_now.spell_no,
        spells_now.connection,
        counters.was_at,
        counters.seen_at,
        counters.received - counters.was_received AS received,
        counters.opened - counters.was_opened AS opened,
        counters.clicked - counters.was_clicked AS clicked
    FROM counters
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = counters.connection
        AND spells_now.subscription_id = counters.subscription_id
        AND spells_now.starts_at <= counters.was_at
        AND spells_now.ends_at > counters.was_at
    WHERE counters.publication = publication_name
        AND counters.was_at IS NOT NULL
        AND counters.seen_at < as_of
),
instants AS (
    SELECT connection, was_at AS instant FROM looks GROUP BY connection, was_at
    UNION
    SELECT connection, seen_at FROM looks GROUP BY connection, seen_at
),
placed AS (         -- how many posts had been sent by each moment of looking
    SELECT instants.connection, instants.instant, count(mailed.ordinal) AS posts_sent
    FROM instants
    LEFT JOIN mailed
        ON mailed.connection = instants.connection AND mailed.sent_at <= instants.instant
    GROUP BY instants.connection, instants.instant
),
between_looks AS (
    SELECT
        looks.*,
        seen.posts_sent AS last_ordinal,
        seen.posts_sent - was.posts_sent AS posts_between,
        greatest(
            0, seen.posts_sent - greatest(was.posts_sent, coalesce(matured.matured_posts, 0))
        ) AS unmatured
    FROM looks
    JOIN placed AS was ON was.connection = looks.connection AND was.instant = looks.was_at
    JOIN placed AS seen ON seen.connection = looks.connection AND seen.instant = looks.seen_at
    LEFT JOIN matured ON matured.connection = looks.connection
),
told AS (           -- what is known by name: one row for each person and post
    SELECT
        spells_now.spell_no,
        told_by_name.ordinal,
        max(told_by_name.is_matured) AS is_matured,
        max(told_by_name.is_answered) AS is_answered,
        max(told_by_name.is_opened) AS is_opened,
        max(told_by_name.is_clicked) AS is_clicked
    FROM (
        SELECT
            answers.connection,
            answers.subscription_id,
            mailed.ordinal,
            mailed.is_matured,
            1 AS is_answered,
            0 AS is_opened,
            0 AS is_clicked
        FROM answers_given(publication_name, as_of) AS answers
        JOIN mailed
            ON mailed.connection = answers.connection AND mailed.post_id = answers.post_id
        UNION ALL
        SELECT connection, subscription_id, ordinal, 1, 0, is_opened, is_clicked
        FROM named_reads(publication_name, as_of)
    ) AS told_by_name
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = told_by_name.connection
        AND spells_now.subscription_id = told_by_name.subscription_id
    GROUP BY spells_now.spell_no, told_by_name.ordinal
),
told_between AS (
    SELECT
        between_looks.spell_no,
        between_looks.seen_at,
        sum(told.is_answered) AS answers,
        sum(told.is_answered * told.is_matured) AS matured_answers,
        greatest(sum(told.is_opened), max(told.is_clicked)) AS named,
        greatest(
            sum(greatest(told.is_answered, told.is_opened)), max(told.is_clicked)
        ) AS known,
        greatest(
            sum(greatest(told.is_answered, told.is_opened) * told.is_matured),
            max(told.is_clicked)
        ) AS matured_known
    FROM between_looks
    JOIN told
        ON told.spell_no = between_looks.spell_no
        AND told.ordinal > between_looks.last_ordinal - between_looks.posts_between
        AND told.ordinal <= between_looks.last_ordinal
    GROUP BY between_looks.spell_no, between_looks.seen_at
),
counted AS (
    SELECT
        between_looks.*,
        least(between_looks.received, between_looks.posts_between) AS reached,
        greatest(
            between_looks.opened,
            CASE WHEN between_looks.clicked > 0 THEN 1 ELSE 0 END
        ) AS reads,
        coalesce(told_between.answers, 0) AS answers,
        coalesce(told_between.matured_answers, 0) AS matured_answers,
        coalesce(told_between.named, 0) AS named,
        coalesce(told_between.known, 0) AS known,
        coalesce(told_between.matured_known, 0) AS matured_known
    FROM between_looks
    LEFT JOIN told_between
        ON told_between.spell_no = between_looks.spell_no
        AND told_between.seen_at = between_looks.seen_at
),
balances AS (       -- of those of whom something is known by name, so that nobody else is sorted
    SELECT
        spell_no,
        seen_at,
        sum(named - reads) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS balance
    FROM counted
    WHERE spell_no IN (SELECT spell_no FROM counted WHERE named > 0)
),
owing AS (          -- balance less the lowest before it, as a debt that is never below zero
    SELECT
        spell_no,
        seen_at,
        balance - least(0, min(balance) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )) AS owed_after
    FROM balances
),
owed AS (
    SELECT
        spell_no,
        seen_at,
        lag(owed_after) OVER (PARTITION BY spell_no ORDER BY seen_at) AS owed
    FROM owing
),
settled AS (        -- paid: reads that are certainly of this interval's mails
    SELECT
        counted.*,
        coalesce(owed.owed, 0) AS owed,
        greatest(counted.named, counted.reads - coalesce(owed.owed, 0)) AS paid
    FROM counted
    LEFT JOIN owed ON owed.spell_no = counted.spell_no AND owed.seen_at = counted.seen_at
)
SELECT
    person_no,
    spell_no,
    connection,
    was_at,
    seen_at,
    last_ordinal,
    posts_between,
    reached,
    unmatured,
    opened,
    clicked,
    least(answers, reached) AS answers,
    least(matured_answers, reached) AS matured_answers,
    least(matured_known, reached) AS matured_known,
    CASE WHEN received > posts_between THEN 1 ELSE 0 END AS is_surplus,
    least(
        reached,
        greatest(
            known,
            CASE
                WHEN received <= posts_between OR opened - owed >= received THEN paid
                ELSE paid - (received - reached)
            END
        )
    ) AS reads_low,
    least(reached, greatest(known, reads)) AS reads_high,
    CASE WHEN received <= posts_between THEN greatest(0, opened - owed - reached) ELSE 0 END
        AS late_reads
FROM settled
