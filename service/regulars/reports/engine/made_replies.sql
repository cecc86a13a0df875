-- What the letters of each person say, as a digest in any order. Another version of the database may
-- find other digests, and makes rows once that were right.
CREATE OR REPLACE TEMP TABLE made_replies AS
SELECT
    person_id,
    CAST(bit_xor(hash(
        reply_id, connection, subscription_id, post_connection, post_id, issue_connection,
        issue_post_id, is_evidence, answered_at, alive_at
    )) AS VARCHAR) AS digest
FROM letters_given($publication, $as_of)
WHERE person_id IS NOT NULL
GROUP BY person_id
