-- The units of a publication that can be judged at $as_of, the newest first.
SELECT place, unit_no, first_sent_at, last_sent_at, matured_at, closes_at, post_nos
FROM units_of($publication, $as_of)
ORDER BY place
