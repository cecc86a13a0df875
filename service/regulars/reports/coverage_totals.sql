-- What looks at running totals allow to say of active people, by connection: rows of coverage.
WITH counted_looks AS (
    SELECT
        connection,
        count(*) AS intervals,
        sum(CASE WHEN reads_low < reads_high OR (reads_low > 0 AND reads_low < reached)
            THEN 1 ELSE 0 END) AS blocks,
        sum(is_surplus) AS surplus,
        sum(late_reads) AS late_reads,
        sum(placed_reads) AS placed_reads
    FROM counter_intervals($publication, $as_of) AS intervals
    LEFT JOIN (
        SELECT spell_no AS placed_spell_no, block_at, sum(is_late) AS placed_reads
        FROM counter_opportunities($publication, $as_of)
        WHERE is_late = 1
        GROUP BY spell_no, block_at
    ) AS placed
        ON placed.placed_spell_no = intervals.spell_no AND placed.block_at = intervals.seen_at
    GROUP BY connection
)
SELECT
    'totals' AS topic,
    connection,
    unnest(['intervals', 'blocks', 'surplus', 'late_reads', 'not_placed']) AS code,
    unnest([
        intervals,
        CAST(blocks AS BIGINT),
        CAST(surplus AS BIGINT),
        CAST(late_reads AS BIGINT),
        CAST(late_reads - coalesce(placed_reads, 0) AS BIGINT)
    ]) AS count,
    CAST(NULL AS TIMESTAMP) AS since_at,
    CAST(NULL AS TIMESTAMP) AS until_at
FROM counted_looks
ORDER BY connection, code
