-- Letters of readers and of the writer from before `as_of`, each once, with its class by the owner's word where
-- they gave one. A mail that lies in the mailboxes of two publications belongs to the one whose post it
-- answers, else to the one that it was sent to. More than twenty a day from one address count once.
CREATE MACRO tied_letters(publication_name, as_of) AS TABLE
WITH told AS (
    SELECT letter_id, arg_max(act, (acted_at, entry)) AS act
    FROM letter_acts
    WHERE publication = publication_name AND act IN ('person', 'machine') AND acted_at < as_of
    GROUP BY letter_id
),
placed AS (
    SELECT
        ties.*,
        letters.direction,
        letters.correspondent,
        letters.arrived_at,
        letters.sender_certain,
        letters.is_junk,
        letters.sent_at,
        letters.words,
        letters.own_words,
        letters.question,
        letters.recipients,
        letters.is_answered
    FROM letter_ties AS ties
    JOIN letters
        ON letters.publication = ties.publication
        AND letters.connection = ties.connection
        AND letters.id = ties.letter_id
    QUALIFY row_number() OVER (
        PARTITION BY ties.letter_id
        ORDER BY least(ties.rung, 9), letters.to_writer DESC, ties.publication
    ) = 1
)
SELECT
    placed.* REPLACE (
        CASE told.act WHEN 'person' THEN 'human' WHEN 'machine' THEN 'machine_other' ELSE kind END
            AS kind
    ),
    count(*) OVER a_day > 20 AS is_flood,
    row_number() OVER (a_day ORDER BY arrived_at, placed.letter_id) AS place_in_day
FROM placed
LEFT JOIN told ON told.letter_id = placed.letter_id
WHERE placed.publication = publication_name
    AND placed.arrived_at < as_of
WINDOW a_day AS (
    PARTITION BY
        placed.direction,
        placed.kind,
        placed.same_as IS NULL,
        coalesce(placed.correspondent, placed.letter_id),
        date_trunc('day', arrived_at)
)
