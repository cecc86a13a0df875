-- One row for each person active at `as_of` and each matured post that reached them, from the
-- connections that report single signals. outcome: 1 an opportunity, 0 only machines, -1 not
-- measured. The best evidence decides, also that of several connections that know the same post. A
-- signal counts only inside the person's present standing. A time more than a day before the post was
-- sent is wrong, so such a signal is one without a time. A post that went to a part of the people
-- is not measured for those of whom nobody knows whether they were among them, unless they reacted.
-- is_blind: 1 if it would not be measured had they done nothing, so that only their doing speaks.
CREATE MACRO signal_opportunities(publication_name, as_of) AS TABLE
WITH matured AS (
    SELECT connection, post_id, post_no, mail_no, sent_at, matured_at, is_measured, is_shared
    FROM mailed_posts(publication_name, as_of)
    WHERE is_matured = 1 AND by_counters = 0
),
spells_now AS (
    SELECT person_no, spell_no, connection, subscription_id, starts_at, ends_at
    FROM current_spells(publication_name, as_of)
),
sent_one_by_one AS (
    SELECT matured.mail_no
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind = 'send'
        AND coalesce(signals.happened_at, matured.sent_at) < as_of
    GROUP BY matured.mail_no
),
listed AS (         -- who could stand on a list of deliveries of a post that another source knows too
    SELECT matured.post_no, spells_now.person_no
    FROM matured
    JOIN sent_one_by_one ON sent_one_by_one.mail_no = matured.mail_no
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
-- mark: -1 nothing, 0 sent, 1 a machine, 2 an open of unknown making, 3 a person's open, 4 a click,
-- 6 an answer. An automatic answer marks nothing. People are joined after this union, so that no engine pairs them all with all posts.
noticed AS (
    SELECT
        matured.connection,
        signals.subscription_id,
        matured.post_no,
        matured.sent_at,
        matured.is_measured,
        CASE
            WHEN signals.kind = 'send' THEN 0
            WHEN signals.kind <> 'open' THEN CASE WHEN signals.machine THEN -1 ELSE 6 END
            WHEN signals.machine THEN 1
            WHEN matured.is_measured = 0 THEN -1
            WHEN signals.machine IS NULL THEN 2
            ELSE 3
        END AS mark,
        CASE
            WHEN signals.kind = 'send' THEN coalesce(signals.happened_at, matured.sent_at)
            WHEN signals.happened_at >= matured.sent_at - INTERVAL 24 HOUR THEN signals.happened_at
            ELSE matured.matured_at
        END AS marked_at
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind <> 'click'
        AND coalesce(signals.happened_at, matured.matured_at) < as_of
    UNION ALL
    SELECT
        clicks.connection,
        clicks.subscription_id,
        matured.post_no,
        matured.sent_at,
        matured.is_measured,
        CASE clicks.verdict WHEN 'human' THEN 4 WHEN 'machine' THEN 1 ELSE -1 END,
        clicks.counts_at
    FROM judged_clicks(publication_name, as_of) AS clicks
    JOIN matured ON matured.mail_no = clicks.mail_no
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
    FROM noticed
    JOIN spells_now
        ON spells_now.connection = noticed.connection
        AND spells_now.subscription_id = noticed.subscription_id
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
    LEFT JOIN sent_one_by_one ON sent_one_by_one.mail_no = matured.mail_no
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
    WHERE sent_one_by_one.mail_no IS NULL
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
