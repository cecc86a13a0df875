-- The opportunities of people whom several connections show with the same posts: one for each post.
-- Single signals of a post that running totals judge too are evidence of these already. Of several
-- running totals those of the spell that judges most posts count. What remains of a block of which
-- another connection judges a part may hold none of its reads, or all.
CREATE MACRO doubled_opportunities(publication_name, as_of) AS TABLE
WITH doubled AS (
    SELECT * FROM doubled_people(publication_name, as_of)
),
known AS (
    SELECT person_no, 0 AS spell_no, post_no, sent_at, outcome, is_read AS low, is_read AS high,
        1 AS block_size, is_read AS block_low, is_read AS block_high, 0 AS is_block,
        1 AS is_settled, CAST(NULL AS TIMESTAMP) AS block_at, is_plain, opens, clicks, answers,
        is_blind, read_at
    FROM signal_opportunities(publication_name, as_of)
    WHERE person_no IN (SELECT person_no FROM doubled)
    UNION ALL
    SELECT person_no, spell_no, post_no, sent_at, 1, low, high, block_size, block_low, block_high,
        is_block, is_settled, block_at, low, low, clicks, answers, is_blind, read_at
    FROM counter_opportunities(publication_name, as_of)
    WHERE person_no IN (SELECT person_no FROM doubled)
),
weighed AS (
    SELECT
        *,
        CASE WHEN spell_no = 0 THEN 0 ELSE count(*) OVER (PARTITION BY person_no, spell_no) END
            AS weight
    FROM known
),
placed AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY person_no, post_no ORDER BY weight DESC, spell_no, low DESC
        ) AS place,
        max(CASE WHEN low = 1 AND is_plain = 0 THEN 1 ELSE 0 END)
            OVER (PARTITION BY person_no, post_no) AS is_certain,
        max(clicks) OVER (PARTITION BY person_no, post_no) AS most_clicks,
        max(answers) OVER (PARTITION BY person_no, post_no) AS most_answers,
        min(is_blind) OVER (PARTITION BY person_no, post_no) AS least_blind,
        max(read_at) OVER (PARTITION BY person_no, post_no) AS last_read_at
    FROM weighed
),
cut AS (
    SELECT
        *,
        CASE WHEN is_block = 1 THEN max(CASE WHEN place > 1 THEN 1 ELSE 0 END)
            OVER (PARTITION BY person_no, spell_no, block_at) ELSE 0 END AS is_cut
    FROM placed
)
SELECT
    person_no,
    spell_no,
    post_no,
    sent_at,
    outcome,
    CASE WHEN is_cut = 1 THEN 0 ELSE low END AS low,
    CASE WHEN is_cut = 1 AND block_high > 0 THEN 1 ELSE high END AS high,
    CASE WHEN is_cut = 1 THEN 1 ELSE block_size END AS block_size,
    CASE WHEN is_cut = 1 THEN 0 ELSE block_low END AS block_low,
    CASE WHEN is_cut = 1 THEN least(1, block_high) ELSE block_high END AS block_high,
    CASE WHEN is_cut = 1 THEN 0 ELSE is_block END AS is_block,
    CASE WHEN is_cut = 1 THEN 0 ELSE is_settled END AS is_settled,
    block_at,
    CASE WHEN is_cut = 1 OR is_certain = 1 THEN 0 ELSE is_plain END AS is_plain,
    opens,
    greatest(clicks, most_clicks) AS clicks,
    greatest(answers, most_answers) AS answers,
    least_blind AS is_blind,
    greatest(read_at, last_read_at) AS read_at
FROM cut
WHERE place = 1
