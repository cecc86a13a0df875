-- What the letters of each person say, as a digest.
CREATE OR REPLACE TEMP TABLE made_replies AS
SELECT
    person_id,
    md5(string_agg(CAST(struct_pack(
        reply_id, connection, subscription_id, post_connection, post_id, issue_connection,
        issue_post_id, is_evidence, answered_at, alive_at
    ) AS VARCHAR), chr(10) ORDER BY reply_id)) AS digest
FROM letters_given($publication, $as_of)
WHERE person_id IS NOT NULL
GROUP BY person_id
