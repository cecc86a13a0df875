-- Every row of the given history files, added to the rows known.
INSERT INTO counters BY NAME
SELECT * FROM @rows AS rows
