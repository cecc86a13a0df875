-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- The sums of every post in the given history files, added to those known.
INSERT INTO post_totals BY NAME
SELECT publication, connection, id, sent_at, delivered, unique_opens, seen_at, entry FROM @rows AS rows
