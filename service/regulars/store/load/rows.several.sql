-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- The rows of history files of several entries, or of other versions, each with the number of its
-- entry. Each group of files that have the same columns is read by itself.
(
    SELECT r.* EXCLUDE (filename), f.entry
    FROM (@files) AS r
    JOIN committed AS f ON f.path = r.filename
)
