-- What readers wrote back before $as_of: a row for each reply, and one for each class of letters, with
-- their number alone.
SELECT
    'reply' AS what,
    'human' AS kind,
    1 AS count,
    replies.reply_id,
    replies.person_id,
    letters.correspondent,
    CASE WHEN replies.is_evidence = 1 THEN replies.post_connection END AS connection,
    CASE WHEN replies.is_evidence = 1 THEN replies.post_id END AS post_id,
    posts.title,
    posts.sent_at,
    coalesce(letters.is_other, FALSE) AS is_other,
    replies.words,
    letters.own_words,
    replies.answered_at
FROM replies_given($publication, $as_of) AS replies
LEFT JOIN tied_letters($publication, $as_of) AS letters
    ON letters.letter_id = replies.reply_id AND replies.source = 'letter'
LEFT JOIN posts
    ON posts.publication = $publication
    AND posts.connection = replies.post_connection
    AND posts.id = replies.post_id
UNION ALL
SELECT
    'class', kind, count(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, FALSE, NULL, NULL, NULL
FROM tied_letters($publication, $as_of)
WHERE direction = 'in'
GROUP BY kind
ORDER BY what, answered_at, reply_id, kind
