-- What two looks at a person's running totals say about the posts sent between them, for everybody
-- active at `as_of`. posts_between counts the posts sent between the looks, reached how many of
-- them came to this person, reads_low and reads_high the bounds for how many of those were read;
-- late_reads are opens beyond them, of earlier posts; unmatured are the youngest of the posts that
-- cannot be judged yet. A surplus of received mails (automations) hides which were opened.
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
answered AS (
    SELECT
        spells_now.spell_no,
        mailed.ordinal,
        max(mailed.is_matured) AS is_matured
    FROM answers_given(publication_name, as_of) AS answers
    JOIN mailed
        ON mailed.connection = answers.connection AND mailed.post_id = answers.post_id
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = answers.connection
        AND spells_now.subscription_id = answers.subscription_id
    GROUP BY spells_now.spell_no, mailed.ordinal
),
answered_between AS (
    SELECT
        between_looks.spell_no,
        between_looks.seen_at,
        count(*) AS answers,
        sum(answered.is_matured) AS matured_answers
    FROM between_looks
    JOIN answered
        ON answered.spell_no = between_looks.spell_no
        AND answered.ordinal > between_looks.last_ordinal - between_looks.posts_between
        AND answered.ordinal <= between_looks.last_ordinal
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
        coalesce(answered_between.answers, 0) AS answers,
        coalesce(answered_between.matured_answers, 0) AS matured_answers
    FROM between_looks
    LEFT JOIN answered_between
        ON answered_between.spell_no = between_looks.spell_no
        AND answered_between.seen_at = between_looks.seen_at
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
    CASE WHEN received > posts_between THEN 1 ELSE 0 END AS is_surplus,
    least(
        reached,
        greatest(
            answers,
            CASE
                WHEN received <= posts_between OR opened >= received THEN reads
                ELSE reads - (received - reached)
            END
        )
    ) AS reads_low,
    least(reached, greatest(answers, reads)) AS reads_high,
    CASE WHEN received <= posts_between THEN greatest(0, opened - reached) ELSE 0 END AS late_reads
FROM counted
