-- The intervals that show opens beyond the posts sent in them: late reads, of earlier posts. More
-- opens than mails is what every late read shows, and the table of counters alone can tell it; so
-- few of its rows are looked at twice.
CREATE MACRO late_reads(publication_name, as_of) AS TABLE
SELECT spell_no, seen_at, late_reads
FROM plain_intervals(publication_name, as_of)
WHERE opened > received AND late_reads > 0
UNION ALL
SELECT spell_no, seen_at, late_reads
FROM told_intervals(publication_name, as_of)
WHERE late_reads > 0
