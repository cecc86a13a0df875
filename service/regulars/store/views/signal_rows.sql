-- One row for each person active at `as_of` and each matured post that reached them, from the
-- connections that report single signals. outcome: 1 an opportunity, 0 only machines, -1 not
-- measured. The best evidence decides, also that of several connections that know the same post. A
-- signal counts only inside the person's present standing. A time more than a day before the post was
-- sent is wrong, so such a signal is one without a time. A post that went to a part of the people
-- is not measured for those of whom nobody knows whether they were among them, unless they reacted.
-- is_blind: 1 if it would not be measured had they done nothing, so that only their doing speaks.
-- but_even: without even spells and even posts (`even_spells`, `even_posts`), whose reading can be told
-- from the marks alone.
CREATE MACRO signal_rows(publication_name, as_of, but_even) AS TABLE
WITH matured AS (
    SELECT
        mailed.connection,
        mailed.post_id,
        mailed.post_no,
        mailed.mail_no,
        mailed.sent_at,
        mailed.is_measured,
        mailed.is_shared,
        even.mail_no IS NOT NULL AS is_even
    FROM mailed_posts(publication_name, as_of) AS mailed
    LEFT JOIN even_posts(publication_name, as_of) AS even
        ON but_even AND even.mail_no = mailed.mail_no
    WHERE mailed.is_matured = 1 AND mailed.by_counters = 0
),
spells_now AS (
    SELECT
        standing.person_no,
        standing.spell_no,
        standing.connection,
        standing.subscription_id,
        standing.starts_at,
        standing.ends_at,
        even.spell_no IS NOT NULL AS is_even
    FROM current_spells(publication_name, as_of) AS standing
    LEFT JOIN even_spells(publication_name, as_of) AS even
        ON but_even AND even.spell_no = standing.spell_no
),
listed AS (         -- who could stand on a list of deliveries of a post that another source knows too
    SELECT matured.post_no, spells_now.person_no
    FROM matured
    JOIN delivered_posts(publication_name, as_of) AS delivered
        ON delivered.mail_no = matured.mail_no
    JOIN spells_now
        ON spells_now.connection = matured.connection
        AND spells_now.starts_at <= matured.sent_at
        AND spells_now.ends_at > matured.sent_at
    WHERE matured.is_shared = 1
    GROUP BY matured.post_no, spells_now.person_no
),
readers AS (
    SELECT matured.mail_no, found.subscription_id, found.is_certain
    FROM list_readers(publication_name) AS found
    JOIN matured ON matured.connection = found.connection AND matured.post_id = found.post_id
),
marks AS (
    SELECT
        spells_now.person_no,
        noticed.post_no,
        noticed.sent_at,
        noticed.is_measured,
        spells_now.starts_at,
        spells_now.ends_at,
        noticed.mark,
        noticed.marked_at
    FROM signal_marks(publication_name, as_of) AS noticed
    JOIN matured ON matured.mail_no = noticed.mail_no
    JOIN spells_now
        ON spells_now.connection = noticed.connection
        AND spells_now.subscription_id = noticed.subscription_id
    WHERE NOT (matured.is_even AND spells_now.is_even)
    UNION ALL       -- a post without sends went to everybody, or to those whom it was for
    SELECT
        spells_now.person_no,
        matured.post_no,
        matured.sent_at,
        CASE
            WHEN partly.is_open = 1 THEN 0
            WHEN partly.list_id IS NOT NULL AND coalesce(readers.is_certain, 0) = 0 THEN 0
            ELSE matured.is_measured
        END,
        spells_now.starts_at,
        spells_now.ends_at,
        0,
        matured.sent_at
    FROM matured
    LEFT JOIN delivered_posts(publication_name, as_of) AS delivered
        ON delivered.mail_no = matured.mail_no
    JOIN spells_now
        ON spells_now.connection = matured.connection
        AND spells_now.starts_at <= matured.sent_at
        AND spells_now.ends_at > matured.sent_at
    LEFT JOIN listed
        ON listed.post_no = matured.post_no AND listed.person_no = spells_now.person_no
    LEFT JOIN partly_posts(publication_name, as_of) AS partly
        ON partly.connection = matured.connection AND partly.post_id = matured.post_id
    LEFT JOIN readers
        ON readers.mail_no = matured.mail_no
        AND readers.subscription_id = spells_now.subscription_id
    WHERE delivered.mail_no IS NULL
        AND NOT (matured.is_even AND spells_now.is_even)
        AND listed.person_no IS NULL
        AND (partly.list_id IS NULL OR partly.is_known = 0 OR readers.mail_no IS NOT NULL)
),
gathered AS (       -- reached: the post went out, or was handed over, while they were there
    SELECT
        person_no,
        post_no,
        min(sent_at) AS sent_at,
        max(is_measured) AS is_measured,
        max(CASE WHEN mark = 0 THEN is_measured ELSE 0 END) AS is_recorded,
        max(CASE
            WHEN mark <> 0 THEN 0
            WHEN sent_at >= starts_at AND sent_at < ends_at THEN 1
            WHEN marked_at >= starts_at AND marked_at < ends_at THEN 1
            ELSE 0
        END) AS is_reached,
        max(mark) AS best,
        max(CASE WHEN mark = 1 THEN 1 ELSE 0 END) AS machines,
        max(CASE WHEN mark = 4 THEN 1 ELSE 0 END) AS clicks,
        max(CASE WHEN mark IN (2, 3) THEN 1 ELSE 0 END) AS opens,
        max(CASE WHEN mark >= 2 THEN marked_at END) AS read_at
    FROM marks
    WHERE marked_at >= starts_at AND sent_at < ends_at
    GROUP BY person_no, post_no
)
SELECT
    person_no,
    post_no,
    sent_at,
    CASE
        WHEN best >= 2 THEN 1
        WHEN is_measured = 0 THEN -1
        WHEN machines = 1 THEN 0
        ELSE 1
    END AS outcome,
    CASE WHEN best >= 2 THEN 1 ELSE 0 END AS is_read,
    CASE WHEN best = 2 THEN 1 ELSE 0 END AS is_plain,
    opens,
    clicks,
    CASE WHEN best = 6 THEN 1 ELSE 0 END AS answers,
    1 - is_recorded AS is_blind,
    read_at
FROM gathered
WHERE is_reached = 1
