-- What is known by name about posts that running totals count: one row for each person and post
-- that was answered, or that `named_reads` or another connection has as opened or clicked.
CREATE MACRO named_evidence(publication_name, as_of) AS TABLE
SELECT
    spell_no,
    CAST(ordinal AS INTEGER) AS ordinal,
    max(is_matured) AS is_matured,
    max(is_answered) AS is_answered,
    max(is_opened) AS is_opened,
    max(is_clicked) AS is_clicked
FROM (
    SELECT
        spells_now.spell_no,
        named.ordinal,
        named.is_matured,
        named.is_answered,
        named.is_opened,
        named.is_clicked
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
        JOIN dated_posts(publication_name, as_of) AS mailed
            ON mailed.connection = answers.connection
            AND mailed.post_id = answers.post_id
            AND mailed.by_counters = 1
        UNION ALL
        SELECT connection, subscription_id, ordinal, 1, 0, is_opened, is_clicked
        FROM named_reads(publication_name, as_of)
    ) AS named
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = named.connection
        AND spells_now.subscription_id = named.subscription_id
    UNION ALL
    SELECT spell_no, ordinal, is_matured, is_answered, is_opened, is_clicked
    FROM shared_evidence(publication_name, as_of)
) AS evidence
GROUP BY spell_no, ordinal
