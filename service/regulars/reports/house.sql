-- How many people active at $as_of are in each state, and how many of those wrote or answered
-- within the last 26 weeks.
SELECT
    state,
    count(*) AS people,
    CAST(sum(wrote_back) AS BIGINT) AS wrote_back,
    count(*) FILTER (WHERE last_answer_at >= $as_of - INTERVAL 182 DAY) AS answered
FROM people_reading($publication, $as_of, $needed_reads, $last_posts, $by_week, $time_zone)
GROUP BY state
ORDER BY state
