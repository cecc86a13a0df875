-- What two observations of a person's running totals say about the posts sent between them, for
-- everybody active at `as_of`. posts_between counts the posts sent between, reached how many of
-- them came to this person, reads_low and reads_high bound how many of those were read. late_reads
-- are opens beyond them, of earlier posts. late_clicks: 1 if clicks without an
-- open came where no mail did: they are of the newest post before. is_open: a total fell, so how many were read is open.
-- unmatured are the youngest posts, still to be judged. A surplus of received mails (automations)
-- hides which ones were opened. known counts the posts that are known by name to be read: answered,
-- or opened or clicked by `named_reads` (clicks without an open make one read, however many). An
-- open known by name that is still missing from the totals will be in them later: it is owed, and
-- the next opens pay for it before they prove a read of their own, so that every open counts once.
CREATE MACRO counter_intervals(publication_name, as_of) AS TABLE
SELECT * FROM plain_intervals(publication_name, as_of)
UNION ALL
SELECT * FROM named_intervals(publication_name, as_of)
