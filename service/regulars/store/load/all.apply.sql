-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- Inserts the newest row of each key (@key) in the given history files into @table.
INSERT INTO @table BY NAME
SELECT @taken FROM @newest AS rows
