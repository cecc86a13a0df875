-- The units that can be judged at $as_of, the newest first, and how many people replied to each.
SELECT
    units.unit_no,
    count(DISTINCT replies.person_id) AS people
FROM (
    SELECT unit_no, unnest(post_nos) AS post_no
    FROM units_of($publication, $as_of)
) AS units
LEFT JOIN mailed_posts($publication, $as_of) AS posts ON posts.post_no = units.post_no
LEFT JOIN (
    SELECT connection, post_id, person_id
    FROM answers_given($publication, $as_of)
    WHERE kind = 'reply'
) AS replies ON replies.connection = posts.connection AND replies.post_id = posts.post_id
GROUP BY units.unit_no
ORDER BY units.unit_no DESC
