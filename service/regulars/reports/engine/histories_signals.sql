-- Single signals of the people in `touched` alone, in the place of everybody's for this transaction.
-- What everybody's say of posts has been set aside before.
CREATE TEMP TABLE signals AS
SELECT signals.*
FROM signals
SEMI JOIN touched_subscriptions AS theirs
    ON theirs.connection = signals.connection
    AND theirs.subscription_id = signals.subscription_id
WHERE signals.publication = $publication
