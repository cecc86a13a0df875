-- What was expected of the people who counted some opportunities ago, and what came, by tenths of
-- their chance. One row for each of the last $windows back-tests and each tenth that holds anybody.
SELECT
    windows.back,
    windows.began_at,
    windows.people,
    windows.expected,
    windows.low,
    windows.high,
    windows.came,
    windows.tenth,
    windows.tenth_people,
    windows.tenth_expected,
    windows.tenth_came
FROM reader_windows AS windows
JOIN readers_asked AS asked
    ON asked.publication = $publication AND asked.as_of = $as_of
WHERE windows.window_no <= $windows
ORDER BY windows.window_no, windows.tenth
