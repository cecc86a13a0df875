-- Names of the people with these ids: the name where it is known, else the address.
SELECT people.person_id, min(coalesce(nullif(trim(words.name), ''), words.email)) AS name
FROM people
JOIN words ON words.connection = people.connection
    AND words.id = people.subscription_id
    AND words.subject = 'subscription'
WHERE people.publication = $publication
    AND people.person_id IN (SELECT unnest($people))
    AND coalesce(nullif(trim(words.name), ''), words.email) IS NOT NULL
GROUP BY people.person_id
ORDER BY people.person_id
