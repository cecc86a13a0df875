-- Deletes the versions that placed_standings has in their right order.
DELETE FROM subscription_versions AS v WHERE EXISTS (
    SELECT 1 FROM placed_standings AS p
    WHERE p.connection = v.connection AND p.subscription_id = v.subscription_id
        AND p.spell = v.spell
)
