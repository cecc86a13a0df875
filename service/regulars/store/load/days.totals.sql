-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- The opens of every day in the given history files, added to those known.
INSERT INTO day_totals BY NAME
SELECT publication, connection, id, mail, starts_at, unique_opens, seen_at, entry FROM @rows AS rows
