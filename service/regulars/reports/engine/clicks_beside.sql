-- Every click in a post that was clicked now: how many links it has tells machines from people.
CREATE OR REPLACE TEMP TABLE clicks_beside AS
SELECT signals.*
FROM signals
SEMI JOIN (
    SELECT connection, post_id FROM new_signals WHERE kind = 'click' AND post_id IS NOT NULL
) AS clicked
    ON clicked.connection = signals.connection AND clicked.post_id = signals.post_id
WHERE signals.publication = $publication
    AND signals.kind = 'click'
    AND signals.subscription_id IS NOT NULL
