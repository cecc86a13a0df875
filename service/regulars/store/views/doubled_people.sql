-- People active at `as_of` who stand in several connections that know the same posts.
CREATE MACRO doubled_people(publication_name, as_of) AS TABLE
SELECT spells_now.person_no
FROM (
    SELECT person_no, connection
    FROM current_spells(publication_name, as_of)
    GROUP BY person_no, connection
) AS spells_now
JOIN (
    SELECT connection
    FROM mailed_posts(publication_name, as_of)
    WHERE is_shared = 1
    GROUP BY connection
) AS sharing
    ON sharing.connection = spells_now.connection
GROUP BY spells_now.person_no
HAVING count(*) > 1
