-- The evidence of everybody's last posts and the state by the rule, as `people_reading` tells it, but
-- read from the bits of `histories_of`: of standings that are open. A window is a mask over the newest
-- places. Where the newest posts are all set, one mask fits everybody. Only for the others is the
-- place of the last post looked for in the text of the bits, and a mask of their own made.
CREATE MACRO rule_evidence(publication_name, as_of, needed_reads, last_posts) AS TABLE
WITH masks AS (     -- none is as long as the bits of everybody, so shorter histories have shorter masks
    SELECT
        units,
        rpad(repeat('1', least(last_posts, units)), units, '0')::BIT AS newest,
        rpad(repeat('1', least(26, units)), units, '0')::BIT AS newest_26,
        repeat('1', units)::BIT AS everything
    FROM (
        SELECT CAST(max(bit_length(reached)) AS INTEGER) AS units
        FROM histories_of(publication_name, as_of)
    ) AS lengths
    WHERE units IS NOT NULL
),
placed AS (
    SELECT
        stood.*,
        masks.units,
        masks.newest,
        masks.everything,
        CASE WHEN bit_count(judged & masks.newest) = last_posts THEN NULL ELSE least(
            CASE WHEN bit_count(judged) < last_posts THEN units
                ELSE length(regexp_extract(judged::VARCHAR, '^(?:0*1){' || last_posts || '}')) END,
            CASE WHEN bit_count(reached) < 2 * last_posts THEN units
                ELSE length(regexp_extract(
                    reached::VARCHAR, '^(?:0*1){' || 2 * last_posts || '}'
                )) END
        ) END AS places,
        CASE
            WHEN bit_count(seen & masks.newest_26) = 26 THEN masks.newest_26
            WHEN bit_count(seen) < 26 THEN masks.everything
            ELSE rpad(
                repeat('1', length(regexp_extract(seen::VARCHAR, '^(?:0*1){26}'))), units, '0'
            )::BIT
        END AS last_26
    FROM histories_of(publication_name, as_of) AS stood
    CROSS JOIN masks
    WHERE stood.end_kind = 'open'
),
masked AS (
    SELECT
        *,
        CASE
            WHEN places IS NULL THEN newest
            WHEN places = units THEN everything
            ELSE rpad(repeat('1', places), units, '0')::BIT
        END AS last
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
        bit_count(judged & last) AS posts_judged,
        bit_count(low & last) AS reads_low,
        bit_count(high & last) AS reads_high,
        bit_count(opened & judged & last) AS opens,
        bit_count(clicked & judged & last) AS clicks,
        bit_count(answered & judged & last) AS answers,
        last_read_at,
        bit_count(seen & last_26) AS seen,
        bit_count(seen & ~judged & last_26) AS machine_only,
        bit_count(low & last_26) AS seen_reads,
        CASE WHEN bit_count(((low & ~plain) | acted) & last_26) > 0 THEN 1 ELSE 0 END AS acted,
        CASE WHEN last_reply_at >= as_of - INTERVAL 182 DAY THEN 1 ELSE 0 END AS wrote_back,
        last_answer_at
    FROM masked
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
