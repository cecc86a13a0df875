-- Everybody active at `as_of`, once, with the evidence of their last posts and the resulting state.
--   hidden         at least half of the last 26 posts show nothing but machines
--   newcomer       fewer posts than the rule looks at have reached them
--   uncertain      opened nearly all of at least 8, and within the last 26 did nothing else that
--                  only a person does
--   regular        read at least `needed_reads` of the last `last_posts` that can be judged
--   not_measured   did not, but fewer than `last_posts` of their posts can be judged
--   cannot_tell    did so or did not, depending on which posts of a block were read, or did so and
--                  it cannot be told whether they still stand
--   occasional     everybody else
-- The last posts that can be judged are taken from the last 2 * `last_posts` that reached somebody:
-- four clicks in years without recorded opens make no regular.
CREATE MACRO people_reading(
    publication_name, as_of, needed_reads, last_posts, by_week, time_zone
) AS TABLE
WITH present AS (
    SELECT person_id, person_no, since_at, is_dated, is_unsure
    FROM current_spells(publication_name, as_of)
    GROUP BY person_id, person_no, since_at, is_dated, is_unsure
),
last_acts AS (
    SELECT person_no, max(acted_at) AS acted_at
    FROM acts(publication_name, as_of)
    GROUP BY person_no
),
speakers AS (
    SELECT
        person_id,
        max(CASE WHEN kind = 'reply' AND answered_at >= as_of - INTERVAL 182 DAY THEN 1 ELSE 0 END)
            AS wrote_back,
        max(answered_at) AS last_answer_at
    FROM answers_given(publication_name, as_of)
    WHERE person_id IS NOT NULL
    GROUP BY person_id
),
narrow AS (         -- few bytes a row, because sorting is most of what a query costs
    SELECT
        person_no,
        4 * unit_no + 2 * low + high AS place_in_time,
        CAST(outcome AS TINYINT) AS outcome,
        CAST(low AS TINYINT) AS low,
        CAST(high AS TINYINT) AS high,
        CAST(is_plain AS TINYINT) AS is_plain,
        CAST(opens AS TINYINT) AS opens,
        CAST(clicks AS INTEGER) AS clicks,
        CAST(answers AS INTEGER) AS answers,
        sent_at,
        read_at
    FROM opportunities(publication_name, as_of, by_week, time_zone)
),
ranked AS (
    SELECT
        *,
        count(*) OVER newest_first AS place_reached,
        count(CASE WHEN outcome = 1 THEN 1 END) OVER newest_first AS place,
        count(CASE WHEN outcome >= 0 THEN 1 END) OVER newest_first AS place_seen
    FROM narrow
    WINDOW newest_first AS (
        PARTITION BY person_no ORDER BY place_in_time DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
placed AS (
    SELECT
        *,
        CASE WHEN outcome = 1 AND place <= last_posts AND place_reached <= 2 * last_posts
            THEN 1 ELSE 0 END AS is_looked_at
    FROM ranked
),
summed AS (
    SELECT
        person_no,
        sum(is_looked_at) AS posts_judged,
        sum(CASE WHEN outcome = 1 THEN 1 ELSE 0 END) AS opportunities,
        count(*) AS posts_reached,
        sum(is_looked_at * low) AS reads_low,
        sum(is_looked_at * high) AS reads_high,
        sum(is_looked_at * opens) AS opens,
        sum(is_looked_at * clicks) AS clicks,
        sum(is_looked_at * answers) AS answers,
        max(read_at) AS last_read_at,
        min(CASE WHEN is_looked_at = 1 AND low = 1 THEN sent_at END) AS first_read_post_at,
        sum(CASE WHEN outcome >= 0 AND place_seen <= 26 THEN 1 ELSE 0 END) AS seen,
        sum(CASE WHEN outcome = 0 AND place_seen <= 26 THEN 1 ELSE 0 END) AS machine_only,
        sum(CASE WHEN outcome = 1 AND place_seen <= 26 THEN low ELSE 0 END) AS seen_reads,
        sum(CASE WHEN outcome = 1 AND place_seen <= 26 THEN low - is_plain ELSE 0 END)
            AS seen_certain,
        sum(CASE WHEN outcome >= 0 AND place_seen <= 26 THEN clicks + answers ELSE 0 END)
            AS seen_acts,
        -- of the 26th; before, everything since they joined is of the last 26
        min(CASE WHEN outcome >= 0 AND place_seen = 26 THEN sent_at END) AS seen_from
    FROM placed
    GROUP BY person_no
),
gathered AS (
    SELECT
        present.person_id,
        present.person_no,
        present.since_at,
        present.is_dated,
        present.is_unsure,
        coalesce(summed.opportunities, 0) AS opportunities,
        coalesce(summed.posts_reached, 0) AS posts_reached,
        coalesce(summed.reads_low, 0) AS reads_low,
        coalesce(summed.reads_high, 0) AS reads_high,
        coalesce(summed.opens, 0) AS opens,
        coalesce(summed.clicks, 0) AS clicks,
        coalesce(summed.answers, 0) AS answers,
        coalesce(summed.posts_judged, 0) AS posts_judged,
        summed.last_read_at,
        summed.first_read_post_at,
        coalesce(summed.seen, 0) AS seen,
        coalesce(summed.machine_only, 0) AS machine_only,
        coalesce(summed.seen_reads, 0) AS seen_reads,
        CASE
            WHEN coalesce(summed.seen_certain, 0) + coalesce(summed.seen_acts, 0) > 0 THEN 1
            WHEN last_acts.acted_at >= coalesce(summed.seen_from, present.since_at) THEN 1
            ELSE 0
        END AS acted,
        coalesce(speakers.wrote_back, 0) AS wrote_back,
        speakers.last_answer_at
    FROM present
    LEFT JOIN summed ON summed.person_no = present.person_no
    LEFT JOIN last_acts ON last_acts.person_no = present.person_no
    LEFT JOIN speakers ON speakers.person_id = present.person_id
)
SELECT
    *,
    CASE
        WHEN machine_only > 0 AND 2 * machine_only >= seen THEN 'hidden'
        WHEN posts_reached < last_posts THEN 'newcomer'
        WHEN acted = 0 AND seen >= 8 AND machine_only = 0 AND 20 * seen_reads >= 19 * seen
            THEN 'uncertain'
        WHEN reads_low >= needed_reads AND is_unsure = 0 THEN 'regular'
        WHEN reads_low >= needed_reads THEN 'cannot_tell'
        WHEN posts_judged < last_posts THEN 'not_measured'
        WHEN reads_high >= needed_reads THEN 'cannot_tell'
        ELSE 'occasional'
    END AS state
FROM gathered
