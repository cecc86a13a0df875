-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- Every row of the given history files, added to the versions known.
INSERT INTO subscription_versions BY NAME
SELECT * FROM @rows AS rows
