-- Running totals of the people in `touched` alone, in the place of everybody's for this transaction.
CREATE TEMP TABLE counters AS
SELECT counters.*
FROM counters
SEMI JOIN touched_subscriptions AS theirs
    ON theirs.connection = counters.connection
    AND theirs.subscription_id = counters.subscription_id
WHERE counters.publication = $publication
