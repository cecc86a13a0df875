-- Letters of readers from before `as_of` that count as replies, each once: what a person wrote, and is
-- neither a repetition nor one of a flood. connection, subscription_id: of the person where the post was
-- sent to them, else anywhere. is_evidence: it shows that they read post_id. The post is that of one
-- connection; issue_connection and issue_post_id tell copies of one post alike.
CREATE MACRO letters_given(publication_name, as_of) AS TABLE
WITH issues AS MATERIALIZED (
    SELECT
        posts.connection,
        posts.post_id,
        posts.sent_at,
        posts.matured_at,
        coalesce(same.issue_connection, posts.connection) AS issue_connection,
        coalesce(same.issue_post_id, posts.post_id) AS issue_post_id
    FROM dated_posts(publication_name, as_of) AS posts
    LEFT JOIN same_posts(publication_name) AS same
        ON same.connection = posts.connection AND same.post_id = posts.post_id
),
written AS MATERIALIZED (
    SELECT letter_id, connection, person_id, post_connection, post_id, rung, arrived_at, words
    FROM tied_letters(publication_name, as_of)
    WHERE direction = 'in'
        AND kind = 'human'
        AND sender_certain
        AND same_as IS NULL
        AND (NOT is_flood OR place_in_day = 1)
        AND (NOT is_junk OR (rung <= 5 AND person_id IS NOT NULL))
)
SELECT
    'letter' AS source,
    written.letter_id AS reply_id,
    coalesce(people.connection, written.connection) AS connection,
    people.subscription_id,
    written.person_id,
    copies.connection AS post_connection,
    copies.post_id,
    written.post_connection AS issue_connection,
    written.post_id AS issue_post_id,
    written.rung,
    CASE WHEN copies.post_id IS NOT NULL AND written.rung <= 8 THEN 1 ELSE 0 END
        AS is_evidence,
    written.arrived_at AS answered_at,
    written.arrived_at AS alive_at,
    written.words
FROM written
LEFT JOIN issues AS copies
    ON copies.issue_connection = written.post_connection
    AND copies.issue_post_id = written.post_id
LEFT JOIN people
    ON people.publication = publication_name
    AND people.person_id = written.person_id
QUALIFY row_number() OVER (
    PARTITION BY written.letter_id
    ORDER BY
        people.connection IS NOT DISTINCT FROM copies.connection DESC,
        copies.connection = written.post_connection DESC,
        people.connection,
        people.subscription_id
) = 1
