-- The evidence of everybody's last posts and the state by the rule, as `people_reading` tells it, but
-- read from the bits of `histories_of`: of standings that are open. A window ends at a place, the
-- prefix of the bits that holds it: where the newest posts are all set, that is their number. Only
-- for the others is the place of the last one looked for in the text of the bits.
CREATE MACRO rule_evidence(publication_name, as_of, needed_reads, last_posts) AS TABLE
WITH placed AS (
    SELECT
        *,
        bit_length(reached) AS units,
        CASE
            WHEN bit_count(judged) < last_posts THEN bit_length(judged)
            WHEN bit_count(judged >> CAST(bit_length(judged) - last_posts AS INTEGER)) = last_posts
                THEN last_posts
            ELSE length(regexp_extract(judged::VARCHAR, '^(?:0*1){' || last_posts || '}'))
        END AS judged_places,
        CASE
            WHEN bit_count(reached) < 2 * last_posts THEN bit_length(reached)
            WHEN bit_count(reached >> CAST(bit_length(reached) - 2 * last_posts AS INTEGER)) = 2 * last_posts
                THEN 2 * last_posts
            ELSE length(regexp_extract(reached::VARCHAR, '^(?:0*1){' || 2 * last_posts || '}'))
        END AS reached_places,
        CASE
            WHEN bit_count(seen) < 26 THEN bit_length(seen)
            WHEN bit_count(seen >> CAST(bit_length(seen) - 26 AS INTEGER)) = 26 THEN 26
            ELSE length(regexp_extract(seen::VARCHAR, '^(?:0*1){26}'))
        END AS seen_places
    FROM histories_of(publication_name, as_of)
    WHERE end_kind = 'open'
),
cut AS (
    SELECT
        *,
        CAST(units - least(judged_places, reached_places) AS INTEGER) AS beyond,
        CAST(units - seen_places AS INTEGER) AS unseen
    FROM placed
),
gathered AS (
    SELECT
        person_id,
        standing_no,
        since_at,
        is_dated,
        is_unsure,
        bit_count(judged) AS opportunities,
        bit_count(reached) AS posts_reached,
        bit_count(judged >> beyond) AS posts_judged,
        bit_count(low >> beyond) AS reads_low,
        bit_count(high >> beyond) AS reads_high,
        bit_count((opened & judged) >> beyond) AS opens,
        bit_count((clicked & judged) >> beyond) AS clicks,
        bit_count((answered & judged) >> beyond) AS answers,
        last_read_at,
        bit_count(seen >> unseen) AS seen,
        bit_count((seen & ~judged) >> unseen) AS machine_only,
        bit_count(low >> unseen) AS seen_reads,
        CASE WHEN bit_count(((low & ~plain) | acted) >> unseen) > 0 THEN 1 ELSE 0 END AS acted,
        CASE WHEN last_reply_at >= as_of - INTERVAL 182 DAY THEN 1 ELSE 0 END AS wrote_back,
        last_answer_at
    FROM cut
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
