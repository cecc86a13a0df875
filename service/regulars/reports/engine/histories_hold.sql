-- The next moment after $as_of at which something that histories tell changes without new data: a post
-- matures or goes out, a spell begins or ends, or a signal, a letter or a look dated ahead happens.
-- NULL: none. Each column by itself, so that most of a large table is passed over by its bounds.
SELECT min(moment)
FROM (
    SELECT matured_at AS moment
    FROM dated_posts($publication, $as_of)
    WHERE is_matured = 0
    UNION ALL
    SELECT sent_at FROM posts WHERE publication = $publication AND sent_at >= $as_of
    UNION ALL
    SELECT unnest([joined_at, left_at, seen_at])
    FROM subscription_versions
    WHERE publication = $publication AND greatest(joined_at, left_at, seen_at) > $as_of
    UNION ALL
    SELECT left_at FROM departures WHERE publication = $publication AND left_at > $as_of
    UNION ALL
    SELECT happened_at FROM signals WHERE publication = $publication AND happened_at >= $as_of
    UNION ALL
    SELECT seen_at FROM signals WHERE publication = $publication AND seen_at >= $as_of
    UNION ALL
    SELECT seen_at FROM counters WHERE publication = $publication AND seen_at >= $as_of
    UNION ALL
    SELECT arrived_at FROM letters WHERE publication = $publication AND arrived_at >= $as_of
    UNION ALL
    SELECT acted_at FROM letter_acts WHERE publication = $publication AND acted_at >= $as_of
) AS moments
WHERE moment >= $as_of
