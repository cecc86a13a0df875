-- Everybody who stands at $as_of in one of the $states, once for each subscription of theirs, with
-- their chances and the evidence of the last posts. Since: the post that completed the rule; where
-- too few posts can be judged for a whole window, the first read one of those looked at. Until: when
-- they last kept to it. Rows of a person follow each other.
SELECT
    readers.person_id,
    subscriptions.connection,
    subscriptions.subscription_id,
    readers.state,
    CASE WHEN readers.rule_state = 'occasional' AND readers.held_until > $as_of - INTERVAL 12 MONTH
        THEN 'quiet' ELSE readers.rule_state END AS rule_state,
    readers.p_sustained,
    readers.p_here,
    readers.expected_reads,
    readers.is_counted,
    CAST(readers.reads_low AS BIGINT) AS reads_low,
    CAST(readers.reads_high AS BIGINT) AS reads_high,
    CAST(readers.posts_judged AS BIGINT) AS posts,
    CAST(readers.opens AS BIGINT) AS opens,
    CAST(readers.clicks AS BIGINT) AS clicks,
    CAST(readers.answers AS BIGINT) AS answers,
    readers.last_read_at,
    CASE WHEN readers.rule_state = 'regular'
        THEN coalesce(readers.held_since, readers.first_read_post_at) END AS since,
    CASE WHEN readers.rule_state = 'occasional'
        AND readers.held_until > $as_of - INTERVAL 12 MONTH THEN readers.held_until END AS until,
    CASE WHEN readers.is_dated THEN readers.since_at END AS joined_at,
    readers.wrote_back,
    readers.last_answer_at,
    coalesce(readers.held_since, readers.held_until, TIMESTAMP '9999-12-31 00:00:00') AS listed_from
FROM readers
JOIN reader_subscriptions AS subscriptions ON subscriptions.person_id = readers.person_id
WHERE readers.publication = $publication
    AND readers.as_of = $as_of
    AND readers.is_open
    AND position(',' || readers.state || ',' IN $states) > 0
ORDER BY readers.person_id, subscriptions.connection, subscriptions.subscription_id
