-- How many posts that were sent the provider has taken back since the last look, and how many were
-- mailed on a day that nobody knows. The latter are none of the former.
SELECT
    count(*) FILTER (is_news AND sent_at IS NOT NULL) AS taken_back,
    count(*) FILTER (taken_back AND sent_at IS NULL) AS undated
FROM merged_posts
