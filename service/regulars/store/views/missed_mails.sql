-- The posts that running totals judge and that were certainly not for somebody: those for a list on
-- which they did not stand. One row for each spell with such posts, by their ordinals.
CREATE MACRO missed_mails(publication_name, as_of) AS TABLE
SELECT spells_now.spell_no, list(CAST(posts.ordinal AS INTEGER) ORDER BY posts.ordinal) AS ordinals
FROM parted_posts(publication_name) AS parted
JOIN dated_posts(publication_name, as_of) AS posts
    ON posts.connection = parted.connection
    AND posts.post_id = parted.post_id
    AND posts.by_counters = 1
JOIN current_spells(publication_name, as_of) AS spells_now
    ON spells_now.connection = parted.connection
    AND spells_now.starts_at <= parted.sent_at
    AND spells_now.ends_at > parted.sent_at
LEFT JOIN list_readers(publication_name) AS readers
    ON readers.connection = parted.connection
    AND readers.post_id = parted.post_id
    AND readers.subscription_id = spells_now.subscription_id
WHERE parted.list_id IS NOT NULL AND parted.is_known = 1 AND readers.subscription_id IS NULL
GROUP BY spells_now.spell_no
