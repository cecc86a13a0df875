-- Deletes the present standings of which an older export spoke.
DELETE FROM subscriptions AS k WHERE EXISTS (
    SELECT 1 FROM placed_standings AS p
    WHERE p.connection = k.connection AND p.subscription_id = k.subscription_id
        AND p.spell = k.spell
)
