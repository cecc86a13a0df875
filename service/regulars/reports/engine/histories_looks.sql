-- Running totals of the people in `touched` alone, in the place of everybody's for this transaction.
CREATE TEMP TABLE counters AS
SELECT counters.*
FROM counters
SEMI JOIN (
    SELECT versions.connection, versions.subscription_id
    FROM (
        SELECT connection, subscription_id
        FROM subscriptions
        WHERE publication = $publication
    ) AS versions
    LEFT JOIN people
        ON people.connection = versions.connection
        AND people.subscription_id = versions.subscription_id
    JOIN touched
        ON touched.person_id = coalesce(
            people.person_id, versions.connection || '/' || versions.subscription_id
        )
) AS theirs
    ON theirs.connection = counters.connection
    AND theirs.subscription_id = counters.subscription_id
WHERE counters.publication = $publication
