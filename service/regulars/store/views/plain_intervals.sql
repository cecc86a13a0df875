-- counter_intervals of people without reads known by name: nothing is owed, every read proves
-- itself, and each row is made from one row of the table, without sorting or keeping rows.
CREATE MACRO plain_intervals(publication_name, as_of) AS TABLE
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
    0 AS answers,
    0 AS matured_answers,
    0 AS matured_known,
    is_open,
    CASE WHEN received > posts_between THEN 1 ELSE 0 END AS is_surplus,
    CAST(CASE
        WHEN received <= posts_between OR opened >= received THEN least(reached, reads)
        ELSE least(reached, greatest(0, reads - (received - reached)))
    END AS INTEGER) AS reads_low,
    CAST(least(reached, greatest(reads, most_reads)) AS INTEGER) AS reads_high,
    CASE WHEN received <= posts_between AND is_low = 0 THEN greatest(0, opened - reached)
        ELSE 0 END AS late_reads,
    CASE WHEN posts_between = 0 AND received = 0 AND is_low = 0 AND opened = 0 AND reads > 0
        THEN 1 ELSE 0 END AS late_clicks
FROM counter_looks(publication_name, as_of)
WHERE spell_no NOT IN (SELECT spell_no FROM named_evidence(publication_name, as_of))
