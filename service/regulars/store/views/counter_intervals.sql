-- What two looks at a person's running totals say about the posts sent between them, for everybody
-- active at `as_of`. posts_between counts the posts sent between the looks, reached how many of
-- them came to this person, reads_low and reads_high the bounds for how many of those were read;
-- late_reads are opens beyond them, of earlier posts; unmatured are the youngest of the posts that
-- cannot be judged yet. A surplus of received mails (automations) hides which were opened.
-- known counts the posts of which it is known by name that they were read: answered, or opened or
-- clicked by `named_reads` (clicks without an open make one read, however many). An open known by
-- name that the totals do not show yet will be in them later: it is owed, and the next opens pay
-- for it before they prove a read of their own, so that no open is counted twice.
CREATE MACRO counter_intervals(publication_name, as_of) AS TABLE
SELECT * FROM plain_intervals(publication_name, as_of)
UNION ALL
SELECT * FROM told_intervals(publication_name, as_of)
