-- The intervals with opens beyond the posts sent in them: late reads, of earlier posts. Every late
-- read shows as more opens than mails, which the table of counters alone can tell. So few of its
-- rows need a second look.
CREATE MACRO late_reads(publication_name, as_of) AS TABLE
SELECT spell_no, seen_at, late_reads
FROM plain_intervals(publication_name, as_of)
WHERE opened > received AND late_reads > 0
UNION ALL
SELECT spell_no, seen_at, late_reads
FROM named_intervals(publication_name, as_of)
WHERE late_reads > 0
