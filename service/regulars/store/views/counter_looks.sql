-- Two observations of a person's running totals, one after the other, for everybody active at
-- `as_of`: by how much the totals grew, how many posts were sent between (`last_ordinal` is the
-- newest of them), how many of those reached the person, and how many, the youngest, are unmatured.
-- opened and clicked are what rose above every height seen before: only that is proved.
-- reads: opens, or one if there were only clicks. most_reads bounds them from above: a total that
-- fell, or mails that rise to a known height, leave open what was read meanwhile (is_open). Clicks
-- that fell may hide one without an open, and what rises above their height after a fall may be of a
-- post before. Where opens stand below their height, the open of a click comes with later ones. So
-- such clicks (clicks_low) prove no read, and leave one open.
-- eligible: of somebody who stood on no list of a post in between, the ordinals of the others; else
-- NULL, which stands for all. posts_between counts them alone.
-- is_low: mails stand below their height, so opens beyond them belong to no certain post. Each row
-- is made from one row of the table and streams through: computing it twice costs less than holding
-- it in a small machine's memory.
CREATE MACRO counter_looks(publication_name, as_of) AS TABLE
SELECT
    * EXCLUDE (matured_posts),
    CAST(least(received, posts_between) AS INTEGER) AS reached,
    greatest(opened, CASE WHEN clicked > 0 AND clicks_low = 0 THEN 1 ELSE 0 END) AS reads,
    CASE
        WHEN is_open = 1 THEN least(received, posts_between)
        ELSE greatest(risen, CASE WHEN clicked > 0 OR clicks_open = 1 THEN 1 ELSE 0 END)
    END AS most_reads
FROM (
    SELECT
        *,
        CASE WHEN eligible IS NULL THEN last_ordinal - first_ordinal
            ELSE CAST(len(eligible) AS INTEGER) END AS posts_between,
        CASE WHEN eligible IS NULL THEN greatest(0, last_ordinal - greatest(first_ordinal, matured_posts))
            ELSE CAST(len(list_filter(eligible, lambda ordinal: ordinal > matured_posts)) AS INTEGER)
            END AS unmatured
    FROM (
        SELECT
            spells_now.person_no,
            spells_now.spell_no,
            spells_now.connection,
            counters.was_at,
            counters.seen_at,
            greatest(0, counters.received - counters.was_received) AS received,
            greatest(0, counters.opened - greatest(counters.was_opened, counters.top_opened)) AS opened,
            counters.opened - counters.was_opened AS risen,
            greatest(0, counters.clicked - greatest(counters.was_clicked, counters.top_clicked))
                AS clicked,
            CASE
                WHEN counters.top_clicked > counters.was_clicked THEN 1
                WHEN counters.opened < greatest(counters.was_opened, counters.top_opened) THEN 1
                ELSE 0
            END AS clicks_low,
            CASE
                WHEN counters.clicked < counters.was_clicked THEN 1
                WHEN counters.clicked > counters.was_clicked
                    AND counters.top_clicked > counters.was_clicked THEN 1
                ELSE 0
            END AS clicks_open,
            CASE
                WHEN counters.received < counters.was_received THEN 1
                WHEN counters.top_received > counters.was_received THEN 1
                ELSE 0
            END AS is_low,
            CASE
                WHEN counters.received < counters.was_received THEN 1
                WHEN counters.top_received > counters.was_received THEN 1
                WHEN counters.opened < counters.was_opened THEN 1
                ELSE 0
            END AS is_open,
            was.posts_sent AS first_ordinal,
            seen.posts_sent AS last_ordinal,
            seen.matured_posts,
            CASE WHEN missed.ordinals IS NOT NULL THEN list_filter(
                range(was.posts_sent + 1, seen.posts_sent + 1),
                lambda ordinal: NOT list_contains(missed.ordinals, ordinal)
            ) END AS eligible
        FROM counters
        JOIN current_spells(publication_name, as_of) AS spells_now
            ON spells_now.connection = counters.connection
            AND spells_now.subscription_id = counters.subscription_id
            AND spells_now.starts_at <= counters.was_at
            AND spells_now.ends_at > counters.was_at
        JOIN look_times(publication_name, as_of) AS was
            ON was.connection IS NOT DISTINCT FROM counters.connection AND was.instant = counters.was_at
        JOIN look_times(publication_name, as_of) AS seen
            ON seen.connection IS NOT DISTINCT FROM counters.connection AND seen.instant = counters.seen_at
        LEFT JOIN missed_mails(publication_name, as_of) AS missed
            ON missed.spell_no = spells_now.spell_no
        WHERE counters.publication = publication_name
            AND counters.was_at IS NOT NULL
            AND counters.seen_at < as_of
    ) AS looks
) AS counted
