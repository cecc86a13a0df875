-- counter_intervals of people with reads known by name.
CREATE MACRO named_intervals(publication_name, as_of) AS TABLE
WITH evidence AS (
    SELECT * FROM named_evidence(publication_name, as_of)
),
named_looks AS (
    SELECT *
    FROM counter_looks(publication_name, as_of)
    WHERE spell_no IN (SELECT spell_no FROM evidence)
),
named_between AS (
    SELECT
        named_looks.spell_no,
        named_looks.seen_at,
        sum(evidence.is_answered) AS answers,
        sum(evidence.is_answered * evidence.is_matured) AS matured_answers,
        greatest(sum(evidence.is_opened), max(evidence.is_clicked)) AS named,
        greatest(
            sum(greatest(evidence.is_answered, evidence.is_opened)), max(evidence.is_clicked)
        ) AS known,
        greatest(
            sum(greatest(evidence.is_answered, evidence.is_opened) * evidence.is_matured),
            max(evidence.is_clicked)
        ) AS matured_known
    FROM named_looks
    JOIN evidence
        ON evidence.spell_no = named_looks.spell_no
        AND evidence.ordinal > named_looks.first_ordinal
        AND evidence.ordinal <= named_looks.last_ordinal
        AND (
            named_looks.eligible IS NULL OR list_contains(named_looks.eligible, evidence.ordinal)
        )
    GROUP BY named_looks.spell_no, named_looks.seen_at
),
named_counts AS (
    SELECT
        named_looks.*,
        CAST(coalesce(named_between.answers, 0) AS INTEGER) AS answers,
        CAST(coalesce(named_between.matured_answers, 0) AS INTEGER) AS matured_answers,
        CAST(coalesce(named_between.named, 0) AS INTEGER) AS named,
        CAST(coalesce(named_between.known, 0) AS INTEGER) AS known,
        CAST(coalesce(named_between.matured_known, 0) AS INTEGER) AS matured_known
    FROM named_looks
    LEFT JOIN named_between
        ON named_between.spell_no = named_looks.spell_no
        AND named_between.seen_at = named_looks.seen_at
),
balances AS (
    SELECT
        *,
        sum(named - reads) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS balance
    FROM named_counts
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
    first_ordinal,
    last_ordinal,
    eligible,
    posts_between,
    received,
    reached,
    unmatured,
    opened,
    clicked,
    least(answers, reached) AS answers,
    least(matured_answers, reached) AS matured_answers,
    least(matured_known, reached) AS matured_known,
    is_open,
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
    CAST(least(reached, greatest(known, reads, most_reads)) AS INTEGER) AS reads_high,
    CASE WHEN received <= posts_between AND is_low = 0 THEN greatest(0, opened - owed - reached)
        ELSE 0 END AS late_reads,
    CASE WHEN posts_between = 0 AND received = 0 AND is_low = 0 AND opened = 0 AND reads > owed
        THEN 1 ELSE 0 END AS late_clicks
FROM settled
