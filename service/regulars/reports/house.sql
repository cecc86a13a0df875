-- How many people who stand at $as_of are in each state, by the model and by the rule, how many of
-- those wrote or answered within the last 26 weeks, and what their chances add up to. part: whether
-- they count in the figure, would count if their opens were a person's, or if they still stand,
-- or are hidden and have a chance of their own.
SELECT
    state,
    rule_state,
    CASE
        WHEN is_counted THEN 'counted'
        WHEN is_established AND is_unsure AND visibility = 'visible' THEN 'unsure'
        WHEN is_established AND NOT is_unsure AND visibility = 'uncertain' THEN 'uncertain'
        WHEN p_if_alike IS NOT NULL AND NOT is_unsure
            AND since_at <= as_of - INTERVAL 56 DAY THEN 'hidden'
        ELSE 'outside'
    END AS part,
    count(*) AS people,
    count(*) FILTER (WHERE wrote_back) AS wrote_back,
    count(*) FILTER (WHERE has_answered) AS answered,
    count(*) FILTER (WHERE visibility <> 'hidden' AND opportunities > 0 AND reads = opportunities)
        AS read_all,
    coalesce(sum(chance), 0) AS value,
    coalesce(sum(coalesce(p_most, p_if_alike)), 0) AS most,
    coalesce(sum(chance * (1 - chance)), 0) AS variance,
    coalesce(sum(coalesce(p_moved, p_if_alike_moved)), 0) AS slope,
    count(*) FILTER (WHERE is_proved) AS proved
FROM (SELECT *, coalesce(p_sustained, p_if_alike) AS chance FROM readers)
WHERE is_open AND publication = $publication AND as_of = $as_of
GROUP BY ALL
ORDER BY ALL
