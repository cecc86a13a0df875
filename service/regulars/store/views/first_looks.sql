-- What the first look at running totals says of the posts before it: a block of posts of which nobody
-- knows which were read. One row for each spell in which the first look falls: reached, how many of
-- its matured posts came (no more than mails received), reads_low and reads_high, how many of those
-- were read. is_clicked: whether anything was. The rule passes it over. It tells the model of readers something from the first day on.
CREATE MACRO first_looks(publication_name, as_of) AS TABLE
WITH mailed AS (
    SELECT
        connection,
        sent_at,
        CAST(max(ordinal) AS INTEGER) AS ordinal,
        CAST(max(CASE WHEN is_matured = 1 THEN ordinal ELSE 0 END) AS INTEGER) AS matured
    FROM dated_posts(publication_name, as_of)
    WHERE by_counters = 1
    GROUP BY connection, sent_at
),
matured AS (
    SELECT connection, max(matured) AS posts FROM mailed GROUP BY connection
),
bases AS (          -- a later one without a past is a restart
    SELECT
        connection,
        subscription_id,
        min(seen_at) AS seen_at,
        arg_min(received, seen_at) AS received,
        arg_min(opened, seen_at) AS opened,
        arg_min(clicked, seen_at) AS clicked
    FROM counters
    WHERE publication = publication_name AND was_at IS NULL AND epoch <= 1 AND seen_at < as_of
    GROUP BY connection, subscription_id
),
owned AS (
    SELECT bases.*, spells_now.person_no, spells_now.spell_no, spells_now.starts_at
    FROM bases
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = bases.connection
        AND spells_now.subscription_id = bases.subscription_id
        AND spells_now.starts_at <= bases.seen_at
        AND spells_now.ends_at > bases.seen_at
),
placed AS (
    SELECT
        owned.*,
        coalesce(joined.ordinal, 0) AS first_ordinal,
        coalesce(seen.ordinal, 0) AS last_ordinal
    FROM owned
    ASOF LEFT JOIN mailed AS joined
        ON joined.connection = owned.connection AND joined.sent_at <= owned.starts_at
    ASOF LEFT JOIN mailed AS seen
        ON seen.connection = owned.connection AND seen.sent_at <= owned.seen_at
),
counted AS (
    SELECT
        placed.person_no,
        placed.spell_no,
        placed.seen_at,
        placed.received,
        placed.opened,
        placed.clicked,
        least(placed.received, placed.last_ordinal - placed.first_ordinal - coalesce(len(
            list_filter(missed.ordinals, lambda ordinal:
                ordinal > placed.first_ordinal AND ordinal <= placed.last_ordinal)
        ), 0)) AS reached,
        greatest(0, placed.last_ordinal - greatest(placed.first_ordinal, matured.posts)) AS unmatured
    FROM placed
    JOIN matured ON matured.connection = placed.connection
    LEFT JOIN missed_mails(publication_name, as_of) AS missed
        ON missed.spell_no = placed.spell_no
)
SELECT
    person_no,
    spell_no,
    seen_at,
    CAST(reached - unmatured AS INTEGER) AS reached,
    CAST(greatest(0, least(opened, received) - (received - reached) - unmatured) AS INTEGER)
        AS reads_low,
    CAST(least(reached - unmatured, opened) AS INTEGER) AS reads_high,
    CASE WHEN clicked > 0 THEN 1 ELSE 0 END AS is_clicked
FROM counted
WHERE reached > unmatured
