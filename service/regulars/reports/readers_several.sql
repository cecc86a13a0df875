-- People with several subscriptions: present ones, or earlier ones too.
SELECT person_id FROM people WHERE publication = $publication GROUP BY person_id HAVING count(*) > 1
