-- How many people who stand at $as_of are in each state, by the model and by the rule, how many of
-- those wrote or answered within the last 26 weeks, and what their chances add up to. part: whether
-- they count in the figure, would count if their opens were a person's, or if they still stand.
SELECT
    state,
    rule_state,
    CASE
        WHEN is_counted THEN 'counted'
        WHEN is_established AND is_unsure AND visibility = 'visible' THEN 'unsure'
        WHEN is_established AND NOT is_unsure AND visibility = 'uncertain' THEN 'uncertain'
        ELSE 'outside'
    END AS part,
    count(*) AS people,
    count(*) FILTER (WHERE wrote_back) AS wrote_back,
    count(*) FILTER (WHERE has_answered) AS answered,
    count(*) FILTER (WHERE visibility <> 'hidden' AND opportunities > 0 AND reads = opportunities)
        AS read_all,
    coalesce(sum(p_sustained), 0) AS value,
    coalesce(sum(p_most), 0) AS most,
    coalesce(sum(p_sustained * (1 - p_sustained)), 0) AS variance,
    coalesce(sum(p_moved), 0) AS slope
FROM readers
WHERE is_open AND publication = $publication AND as_of = $as_of
GROUP BY ALL
ORDER BY ALL
