-- What people answered before `as_of`: replies, comments, polls, surveys, feedback. Automatic
-- answers are left out. An answer without a time counts from the moment its post matured, or if it
-- has no post either, from the moment it was seen. alive_at: the earliest moment at which it can have
-- been given, which is all that it proves: of one without a time, when its post went out. Person and
-- post may be unknown.
CREATE MACRO answers_given(publication_name, as_of) AS TABLE
SELECT
    signals.connection,
    signals.kind,
    signals.signal_key,
    signals.subscription_id,
    people.person_id,
    signals.post_id,
    signals.question_id,
    signals.answer,
    coalesce(signals.happened_at, posts.matured_at, signals.seen_at) AS answered_at,
    coalesce(signals.happened_at, posts.sent_at, signals.seen_at) AS alive_at
FROM signals
LEFT JOIN people
    ON people.connection = signals.connection
    AND people.subscription_id = signals.subscription_id
LEFT JOIN dated_posts(publication_name, as_of) AS posts
    ON posts.connection = signals.connection AND posts.post_id = signals.post_id
WHERE signals.publication = publication_name
    AND signals.kind IN ('comment', 'poll', 'survey', 'feedback')
    AND coalesce(signals.machine, FALSE) = FALSE
    AND coalesce(signals.happened_at, posts.matured_at, signals.seen_at) < as_of
UNION ALL
SELECT
    CASE WHEN replies.is_evidence = 1 THEN replies.post_connection ELSE replies.connection END,
    'reply',
    replace(replies.reply_id, 'reply/', ''),
    replies.subscription_id,
    replies.person_id,
    CASE WHEN replies.is_evidence = 1 THEN replies.post_id END,
    NULL,
    NULL,
    replies.answered_at,
    replies.alive_at
FROM replies_given(publication_name, as_of) AS replies
