-- Every standing with its short key and what is known of it besides its reading.
SELECT
    numbered.person_no,
    standings.*,
    said.last_answer_at,
    said.last_reply_at
FROM standings($publication, $as_of) AS standings
JOIN (
    SELECT
        person_id,
        standing_no,
        any_value(person_no) AS person_no
    FROM standing_spells($publication, $as_of)
    GROUP BY person_id, standing_no
) AS numbered
    ON numbered.person_id = standings.person_id AND numbered.standing_no = standings.standing_no
LEFT JOIN (
    SELECT
        stood.person_id,
        stood.standing_no,
        max(answers.answered_at) AS last_answer_at,
        max(CASE WHEN answers.kind = 'reply' THEN answers.answered_at END) AS last_reply_at
    FROM answers_given($publication, $as_of) AS answers
    JOIN standings($publication, $as_of) AS stood
        ON stood.person_id = answers.person_id
        AND (stood.until_at IS NULL OR answers.answered_at < stood.until_at)
    GROUP BY stood.person_id, stood.standing_no
) AS said
    ON said.person_id = standings.person_id AND said.standing_no = standings.standing_no
