-- Everybody who stands now, or stood at the first back-test, with their state by the model, the first
-- that fits. What moves with the hour alone is settled here: 56 days since joining, twelve months
-- since they last kept to the rule. readers_asked: one row, the publication, the instant, the
-- opportunities before somebody counts.
WITH placed AS (
    SELECT
        scores.*,
        asked.as_of,
        asked.fewest,
        scores.opportunities >= asked.fewest
            AND scores.reads >= 3
            AND scores.since_at <= asked.as_of - INTERVAL 56 DAY AS is_established
    FROM readers_asked AS asked
    JOIN reader_scores AS scores ON scores.publication = asked.publication
)
SELECT
    * EXCLUDE (fewest),
    is_open AND visibility = 'visible' AND is_established AND NOT is_unsure AS is_counted,
    last_reply_at >= as_of - INTERVAL 182 DAY IS TRUE AS wrote_back,
    last_answer_at >= as_of - INTERVAL 182 DAY IS TRUE AS has_answered,
    CASE
        WHEN NOT is_open THEN 'left'
        WHEN visibility <> 'visible' THEN visibility
        WHEN reached < fewest OR since_at > as_of - INTERVAL 56 DAY THEN 'newcomer'
        WHEN opportunities < fewest OR is_unsure THEN 'not_measured'
        WHEN is_established AND p_sustained >= 0.5 THEN 'regular'
        WHEN is_provisional THEN 'occasional'  -- too little is known of when they last read
        WHEN is_established AND p_here >= 0.2
            AND greatest(was_p_sustained, earlier_p_sustained) >= 0.5 THEN 'fading'
        WHEN p_here < 0.2 AND held_until > as_of - INTERVAL 12 MONTH THEN 'quiet'
        ELSE 'occasional'
    END AS state
FROM placed
