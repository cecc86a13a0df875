-- The subscriptions of the people in `touched`, also those that are no longer known to stand anywhere.
CREATE OR REPLACE TEMP TABLE touched_subscriptions AS
SELECT known.connection, known.subscription_id
FROM (
    SELECT connection, subscription_id
    FROM subscriptions
    WHERE publication = $publication
) AS known
LEFT JOIN people
    ON people.connection = known.connection
    AND people.subscription_id = known.subscription_id
JOIN touched
    ON touched.person_id = coalesce(
        people.person_id, known.connection || '/' || known.subscription_id
    )
UNION
SELECT people.connection, people.subscription_id
FROM people
JOIN touched ON touched.person_id = people.person_id
