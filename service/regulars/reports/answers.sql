-- Every answer before $as_of, with its post and question, and the reader's own words where they are
-- kept. The person or post of an answer is NULL where it is unknown.
SELECT
    answers.connection,
    answers.kind,
    answers.person_id,
    answers.post_id,
    posts.title AS post_title,
    posts.sent_at,
    answers.question_id,
    coalesce(questions.text, questions.name) AS question,
    answers.answer,
    words.text,
    answers.answered_at
FROM answers_given($publication, $as_of) AS answers
LEFT JOIN posts
    ON posts.connection = answers.connection AND posts.id = answers.post_id
LEFT JOIN questions
    ON questions.connection = answers.connection AND questions.id = answers.question_id
LEFT JOIN words
    ON words.connection = answers.connection
    AND words.subject = 'signal'
    AND words.id = answers.kind || '/' || answers.signal_key
ORDER BY answers.answered_at, answers.connection, answers.kind, answers.signal_key
