-- The intervals with opens beyond the posts sent in them, or with clicks alone where no mail came:
-- late reads, of earlier posts. Every late read shows as more opens than mails, or as clicks without
-- one, which the table of counters alone can tell. So few of its rows need a second look.
CREATE MACRO late_reads(publication_name, as_of) AS TABLE
SELECT spell_no, seen_at, last_ordinal, late_reads, late_clicks
FROM plain_intervals(publication_name, as_of)
WHERE (opened > received AND late_reads > 0) OR late_clicks = 1
UNION ALL
SELECT spell_no, seen_at, last_ordinal, late_reads, late_clicks
FROM named_intervals(publication_name, as_of)
WHERE late_reads > 0 OR late_clicks = 1
