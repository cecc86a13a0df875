-- The next moment after $as_of that changes a report without a sync: a post matures or goes out, a
-- spell begins or ends, or a signal dated ahead happens.
SELECT min(moment)
FROM (
    SELECT matured_at AS moment
    FROM dated_posts($publication, $as_of)
    WHERE is_matured = 0
    UNION ALL
    SELECT sent_at FROM posts WHERE publication = $publication AND sent_at >= $as_of
    UNION ALL
    SELECT joined_at FROM subscriptions WHERE publication = $publication AND joined_at > $as_of
    UNION ALL
    SELECT left_at FROM subscriptions WHERE publication = $publication AND left_at > $as_of
    UNION ALL
    SELECT happened_at FROM signals WHERE publication = $publication AND happened_at >= $as_of
    UNION ALL
    SELECT seen_at FROM counters WHERE publication = $publication AND seen_at >= $as_of
) AS moments
