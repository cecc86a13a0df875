-- Spells that are the only one of their standing in a connection, of people whom no two connections
-- show with the same posts. What such a spell says of an even post, it says alone.
CREATE MACRO even_spells(publication_name, as_of) AS TABLE
SELECT
    person_no,
    any_value(spell_no) AS spell_no,
    connection,
    any_value(subscription_id) AS subscription_id,
    any_value(starts_at) AS starts_at,
    any_value(ends_at) AS ends_at
FROM current_spells(publication_name, as_of)
WHERE person_no NOT IN (SELECT person_no FROM doubled_people(publication_name, as_of))
GROUP BY person_no, connection
HAVING count(*) = 1
