-- counter_intervals of people with reads known by name.
CREATE MACRO told_intervals(publication_name, as_of) AS TABLE
WITH told AS (
    SELECT * FROM told_by_name(publication_name, as_of)
),
told_looks AS (
    SELECT *
    FROM counter_looks(publication_name, as_of)
    WHERE spell_no IN (SELECT spell_no FROM told)
),
told_between AS (
    SELECT
        told_looks.spell_no,
        told_looks.seen_at,
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
    FROM told_looks
    JOIN told
        ON told.spell_no = told_looks.spell_no
        AND told.ordinal > told_looks.last_ordinal - told_looks.posts_between
        AND told.ordinal <= told_looks.last_ordinal
    GROUP BY told_looks.spell_no, told_looks.seen_at
),
told_counts AS (
    SELECT
        told_looks.*,
        CAST(coalesce(told_between.answers, 0) AS INTEGER) AS answers,
        CAST(coalesce(told_between.matured_answers, 0) AS INTEGER) AS matured_answers,
        CAST(coalesce(told_between.named, 0) AS INTEGER) AS named,
        CAST(coalesce(told_between.known, 0) AS INTEGER) AS known,
        CAST(coalesce(told_between.matured_known, 0) AS INTEGER) AS matured_known
    FROM told_looks
    LEFT JOIN told_between
        ON told_between.spell_no = told_looks.spell_no
        AND told_between.seen_at = told_looks.seen_at
),
balances AS (
    SELECT
        *,
        sum(named - reads) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS balance
    FROM told_counts
),
owing AS (          -- balance less the lowest before it, as a debt of at least zero
    SELECT
        *,
        balance - least(0, min(balance) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )) AS owed_after
    FROM balances
),
indebted AS (
    SELECT
        *,
        CAST(coalesce(lag(owed_after) OVER (PARTITION BY spell_no ORDER BY seen_at), 0) AS INTEGER)
            AS owed
    FROM owing
),
settled AS (        -- paid: reads that are certainly of this interval's mails
    SELECT *, greatest(named, reads - owed) AS paid FROM indebted
)
SELECT
    person_no,
    spell_no,
    connection,
    was_at,
    seen_at,
    last_ordinal,
    posts_between,
    received,
    reached,
    unmatured,
    opened,
    clicked,
    least(answers, reached) AS answers,
    least(matured_answers, reached) AS matured_answers,
    least(matured_known, reached) AS matured_known,
    CASE WHEN received > posts_between THEN 1 ELSE 0 END AS is_surplus,
    CAST(least(
        reached,
        greatest(
            known,
            CASE
                WHEN received <= posts_between OR opened - owed >= received THEN paid
                ELSE paid - (received - reached)
            END
        )
    ) AS INTEGER) AS reads_low,
    CAST(least(reached, greatest(known, reads)) AS INTEGER) AS reads_high,
    CASE WHEN received <= posts_between THEN greatest(0, opened - owed - reached) ELSE 0 END
        AS late_reads
FROM settled
