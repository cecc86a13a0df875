-- The same intervals as single opportunities, oldest to newest. If only "y of d" is known, the
-- reads go to the oldest for the lower bound and to the newest for the upper: so the newest m
-- of a block hold exactly the least and the most reads that they can. Late reads go to the
-- youngest earlier opportunity that was certainly not read, as closing brackets go to opening ones.
-- clicks and answers of a block stand at its newest posts, one at each.
-- is_settled: a window that ends here has right bounds (not so in the middle of a block).
CREATE MACRO counter_opportunities(publication_name, as_of) AS TABLE
WITH mailed AS (
    SELECT
        connection,
        CAST(ordinal AS INTEGER) AS ordinal,
        CAST(post_no AS INTEGER) AS post_no,
        sent_at,
        1 - is_measured AS is_blind
    FROM mailed_posts(publication_name, as_of)
    WHERE by_counters = 1
),
single AS (         -- one row for each post that reached somebody, counted back from the newest
    SELECT
        person_no,
        spell_no,
        connection,
        seen_at,
        last_ordinal,
        eligible,
        reached,
        unmatured,
        clicked,
        matured_answers,
        matured_known,
        reads_low,
        reads_high,
        CAST(unnest(range(reached)) AS INTEGER) AS back
    FROM counter_intervals(publication_name, as_of)
),
judged AS (         -- only what has matured; the unmatured are the youngest of their interval
    SELECT
        single.*,
        mended.seen_after,
        mended.by_click,
        single.reached - single.unmatured AS judged,
        greatest(single.reads_low - single.unmatured, single.matured_known, 0) AS judged_low,
        least(single.reached - single.unmatured, single.reads_high) AS judged_high
    FROM single
    LEFT JOIN mended_reads(publication_name, as_of) AS mended
        ON mended.spell_no = single.spell_no
        AND mended.seen_at = single.seen_at
        AND mended.back = single.back
    WHERE single.back >= single.unmatured
),
bounded AS (
    SELECT
        *,
        least(judged, judged_low) AS block_low,
        greatest(judged_high, least(judged, judged_low)) AS block_high
    FROM judged
)
SELECT
    bounded.person_no,
    bounded.spell_no,
    mailed.post_no,
    mailed.sent_at,
    CASE
        WHEN bounded.seen_after IS NOT NULL THEN 1
        WHEN bounded.reached - bounded.back <= bounded.block_low THEN 1
        ELSE 0
    END AS low,
    CASE
        WHEN bounded.seen_after IS NOT NULL THEN 1
        WHEN bounded.back - bounded.unmatured < bounded.block_high THEN 1
        ELSE 0
    END AS high,
    bounded.judged AS block_size,
    bounded.block_low,
    bounded.block_high,
    CASE WHEN bounded.seen_after IS NOT NULL THEN 0
        WHEN bounded.block_low < bounded.block_high THEN 1
        WHEN bounded.block_low IN (0, bounded.judged) THEN 0
        ELSE 1 END AS is_block,
    CASE
        WHEN bounded.back = bounded.unmatured THEN 1
        WHEN bounded.block_low = bounded.block_high
            AND bounded.block_low IN (0, bounded.judged) THEN 1
        ELSE 0
    END AS is_settled,
    bounded.seen_at AS block_at,
    CASE WHEN bounded.by_click = 0 THEN 1 ELSE 0 END AS is_late,
    CASE WHEN bounded.back - bounded.unmatured < bounded.clicked THEN 1 ELSE 0 END AS clicks,
    CASE WHEN bounded.back - bounded.unmatured < bounded.matured_answers THEN 1 ELSE 0 END
        AS answers,
    mailed.is_blind,
    CASE
        WHEN bounded.seen_after IS NOT NULL THEN bounded.seen_after
        WHEN bounded.block_low > 0 AND bounded.back = bounded.unmatured THEN bounded.seen_at
    END AS read_at
FROM bounded
JOIN mailed
    ON mailed.connection = bounded.connection
    AND mailed.ordinal = CASE WHEN bounded.eligible IS NULL THEN bounded.last_ordinal - bounded.back
        ELSE bounded.eligible[len(bounded.eligible) - bounded.back] END
