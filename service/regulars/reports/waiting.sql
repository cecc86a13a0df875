-- Every letter of people and of the writer before $as_of that belongs to a conversation, with what the
-- owner said of it: a row for each word, or one without any.
SELECT
    letters.letter_id,
    letters.conversation,
    letters.direction,
    letters.kind,
    CASE WHEN letters.direction = 'out' THEN coalesce(letters.sent_at, letters.arrived_at)
        ELSE letters.arrived_at END AS at,
    letters.words,
    letters.question,
    letters.recipients,
    coalesce(letters.is_answered, FALSE) AS is_answered,
    CASE WHEN letters.is_answered THEN looks.seen_at END AS flag_seen_at,
    letters.person_id,
    letters.post_connection,
    letters.post_id,
    posts.title,
    acts.act AS action,
    acts.acted_at,
    acts.until_at
FROM tied_letters($publication, $as_of) AS letters
ANTI JOIN (
    SELECT id FROM letters WHERE publication = $publication AND rule = 'copy_of_an_issue'
) AS copies
    ON copies.id = letters.letter_id
LEFT JOIN letters AS looks
    ON looks.publication = $publication
    AND looks.connection = letters.connection
    AND looks.id = letters.letter_id
LEFT JOIN posts
    ON posts.publication = $publication
    AND posts.connection = letters.post_connection
    AND posts.id = letters.post_id
LEFT JOIN letter_acts AS acts
    ON acts.publication = $publication
    AND acts.letter_id = letters.letter_id
    AND acts.acted_at < $as_of
    AND acts.act IN ('rest', 'later', 'answered')
WHERE letters.conversation IS NOT NULL
    AND letters.kind IN ('human', 'own', 'unsubscribe_request')
    AND letters.same_as IS NULL
    AND (letters.direction = 'out' OR letters.sender_certain)
    AND (letters.direction = 'out' OR NOT letters.is_flood OR letters.place_in_day = 1)
    AND (NOT letters.is_junk OR (letters.rung <= 5 AND letters.person_id IS NOT NULL))
ORDER BY letters.arrived_at, letters.letter_id, acts.acted_at, acts.entry
