-- Everything that can be judged about everybody active at `as_of`, from both kinds of connection.
-- unit_no puts the opportunities of a person in order: the number of the post, or with
-- `by_week` the ISO week in `time_zone`, in which one read post makes the week a read one.
-- low and high: 1 if a read is proved, or possible. outcome as in signal_opportunities.
CREATE MACRO opportunities(publication_name, as_of, by_week, time_zone) AS TABLE
WITH judged AS (
    SELECT
        person_no,
        0 AS spell_no,
        post_no,
        sent_at,
        outcome,
        is_read AS low,
        is_read AS high,
        1 AS block_size,
        is_read AS block_low,
        is_read AS block_high,
        0 AS is_block,
        1 AS is_settled,
        CAST(NULL AS TIMESTAMP) AS block_at,
        is_plain,
        opens,
        clicks,
        answers,
        is_blind,
        read_at
    FROM signal_opportunities(publication_name, as_of)
    WHERE person_no NOT IN (SELECT person_no FROM doubled_people(publication_name, as_of))
    UNION ALL
    SELECT
        person_no,
        spell_no,
        post_no,
        sent_at,
        1,
        low,
        high,
        block_size,
        block_low,
        block_high,
        is_block,
        is_settled,
        block_at,
        low,
        low,
        clicks,
        answers,
        is_blind,
        read_at
    FROM counter_opportunities(publication_name, as_of)
    WHERE person_no NOT IN (SELECT person_no FROM doubled_people(publication_name, as_of))
    UNION ALL
    SELECT
        person_no,
        spell_no,
        post_no,
        sent_at,
        outcome,
        low,
        high,
        block_size,
        block_low,
        block_high,
        is_block,
        is_settled,
        block_at,
        is_plain,
        opens,
        clicks,
        answers,
        is_blind,
        read_at
    FROM doubled_opportunities(publication_name, as_of)
),
weeks AS (          -- a block over two weeks leaves in each what the other has no room for
    SELECT
        person_no,
        CAST(date_trunc('week', sent_at AT TIME ZONE 'UTC' AT TIME ZONE time_zone) AS DATE) AS week,
        min(sent_at) AS sent_at,
        max(outcome) AS outcome,
        CASE WHEN is_block = 0 THEN max(low)
            WHEN max(block_low) - max(block_size) + count(*) >= 1 THEN 1 ELSE 0 END AS low,
        CASE WHEN is_block = 0 THEN max(high)
            WHEN max(block_high) >= 1 THEN 1 ELSE 0 END AS high,
        -- one read of a week that is surely a person's makes the week one
        max(CASE WHEN low = 1 AND is_plain = 0 THEN 1 ELSE 0 END) AS is_certain,
        max(opens) AS opens,
        max(clicks) AS clicks,
        max(answers) AS answers,
        min(is_blind) AS is_blind,
        max(read_at) AS read_at
    FROM judged
    WHERE by_week
    GROUP BY
        person_no, is_block, CASE WHEN is_block = 1 THEN spell_no END,
        CASE WHEN is_block = 1 THEN block_at END,
        CAST(date_trunc('week', sent_at AT TIME ZONE 'UTC' AT TIME ZONE time_zone) AS DATE)
)
SELECT
    person_no,
    CAST(post_no AS BIGINT) AS unit_no,
    sent_at,
    outcome,
    low,
    high,
    is_settled,
    is_plain,
    opens,
    clicks,
    answers,
    is_blind,
    read_at
FROM judged
WHERE NOT by_week
UNION ALL
SELECT
    person_no,
    CAST(date_diff('day', DATE '1970-01-05', week) // 7 AS BIGINT),
    min(sent_at),
    max(outcome),
    max(low),
    max(high),
    1,
    CASE WHEN max(is_certain) = 1 THEN 0 ELSE max(low) END,
    max(opens),
    max(clicks),
    max(answers),
    min(is_blind),
    max(read_at)
FROM weeks
GROUP BY person_no, week
