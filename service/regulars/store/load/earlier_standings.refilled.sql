-- Puts them back.
INSERT INTO subscription_versions BY NAME
SELECT * FROM placed_standings
