-- Everybody active at $as_of in one of the $states, once for each subscription of theirs, with
-- the evidence of the last posts. Quiet: kept to the rule within the last twelve months, and not
-- now. Since: the post that completed the rule; where too few posts can be judged for a whole
-- window, the first read one of those looked at. Rows of a person follow each other.
WITH habit AS (
    SELECT person_no, held_since, held_until
    FROM habits($publication, $as_of, $needed_reads, $last_posts, $by_week, $time_zone)
),
stated AS (
    SELECT
        reading.*,
        CASE
            WHEN reading.state = 'occasional' AND habit.held_until > $as_of - INTERVAL 12 MONTH
                THEN 'quiet'
            ELSE reading.state
        END AS state_now,
        habit.held_since,
        habit.held_until
    FROM people_reading($publication, $as_of, $needed_reads, $last_posts, $by_week, $time_zone)
        AS reading
    LEFT JOIN habit ON habit.person_no = reading.person_no
)
SELECT
    stated.person_id,
    spells.connection,
    spells.subscription_id,
    stated.state_now AS state,
    CAST(stated.reads_low AS BIGINT) AS reads_low,
    CAST(stated.reads_high AS BIGINT) AS reads_high,
    CAST(stated.posts_judged AS BIGINT) AS posts,
    CAST(stated.opens AS BIGINT) AS opens,
    CAST(stated.clicks AS BIGINT) AS clicks,
    CAST(stated.answers AS BIGINT) AS answers,
    stated.last_read_at,
    CASE WHEN stated.state_now = 'regular'
        THEN coalesce(stated.held_since, stated.first_read_post_at) END AS since,
    CASE WHEN stated.state_now = 'quiet' THEN stated.held_until END AS until,
    CASE WHEN stated.is_dated = 1 THEN stated.since_at END AS joined_at,
    stated.wrote_back = 1 AS wrote_back,
    stated.last_answer_at,
    coalesce(stated.held_since, stated.held_until, TIMESTAMP '9999-12-31 00:00:00') AS listed_from
FROM stated
JOIN current_spells($publication, $as_of) AS spells ON spells.person_id = stated.person_id
WHERE position(',' || stated.state_now || ',' IN $states) > 0
ORDER BY spells.spell_no
