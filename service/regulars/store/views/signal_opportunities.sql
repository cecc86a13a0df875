-- One row for each person active at `as_of` and each matured post that reached them, from the
-- connections that show single signals. outcome: 1 an opportunity, 0 nothing but machines, -1 not
-- measured. The best evidence decides; a signal counts only inside the person's present standing.
CREATE MACRO signal_opportunities(publication_name, as_of) AS TABLE
WITH matured AS (
    SELECT connection, post_id, post_no, sent_at, matured_at, is_measured
    FROM mailed_posts(publication_name, as_of)
    WHERE is_matured = 1 AND by_counters = 0
),
spells_now AS (
    SELECT person_no, spell_no, connection, subscription_id, starts_at, ends_at
    FROM current_spells(publication_name, as_of)
),
sent_one_by_one AS (
    SELECT matured.post_no
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind = 'send'
        AND coalesce(signals.happened_at, matured.sent_at) < as_of
    GROUP BY matured.post_no
),
marks AS (
    SELECT
        matured.connection,
        signals.subscription_id,
        matured.post_no,
        CASE WHEN signals.kind = 'send' THEN coalesce(signals.happened_at, matured.sent_at) END
            AS delivered_at,
        CASE
            WHEN signals.kind = 'send' THEN 0
            WHEN signals.machine THEN 1
            WHEN signals.kind <> 'open' THEN 6
            WHEN signals.machine IS NULL THEN 2
            ELSE 3
        END AS mark,
        coalesce(signals.happened_at, matured.matured_at) AS at
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind <> 'click'
        AND coalesce(signals.happened_at, matured.matured_at) < as_of
    UNION ALL
    SELECT
        connection,
        subscription_id,
        post_no,
        NULL,
        CASE verdict WHEN 'human' THEN 4 WHEN 'machine' THEN 1 ELSE 0 END,
        counts_at
    FROM judged_clicks(publication_name, as_of)
),
marked AS (
    SELECT
        spells_now.spell_no,
        marks.post_no,
        min(marks.delivered_at) AS delivered_at,
        max(CASE WHEN marks.mark = 1 THEN 1 ELSE 0 END) AS machines,
        max(CASE WHEN marks.mark = 2 THEN 1 ELSE 0 END) AS plain_opens,
        max(CASE WHEN marks.mark = 3 THEN 1 ELSE 0 END) AS human_opens,
        max(CASE WHEN marks.mark = 4 THEN 1 ELSE 0 END) AS clicks,
        max(CASE WHEN marks.mark = 6 THEN 1 ELSE 0 END) AS answers,
        max(CASE WHEN marks.mark >= 2 THEN marks.at END) AS read_at
    FROM marks
    JOIN spells_now
        ON spells_now.connection = marks.connection
        AND spells_now.subscription_id = marks.subscription_id
    GROUP BY spells_now.spell_no, marks.post_no
),
reached AS (
    SELECT
        spells_now.person_no,
        matured.post_no,
        matured.sent_at,
        matured.is_measured,
        marked.machines,
        marked.plain_opens,
        marked.human_opens,
        marked.clicks,
        marked.answers,
        marked.read_at
    FROM marked
    JOIN sent_one_by_one ON sent_one_by_one.post_no = marked.post_no
    JOIN matured ON matured.post_no = marked.post_no
    JOIN spells_now ON spells_now.spell_no = marked.spell_no
    WHERE coalesce(marked.delivered_at, matured.sent_at) >= spells_now.starts_at
        AND coalesce(marked.delivered_at, matured.sent_at) < spells_now.ends_at
    UNION ALL
    SELECT
        spells_now.person_no,
        matured.post_no,
        matured.sent_at,
        matured.is_measured,
        coalesce(marked.machines, 0),
        coalesce(marked.plain_opens, 0),
        coalesce(marked.human_opens, 0),
        coalesce(marked.clicks, 0),
        coalesce(marked.answers, 0),
        marked.read_at
    FROM spells_now
    JOIN matured
        ON matured.connection = spells_now.connection
        AND matured.sent_at >= spells_now.starts_at
        AND matured.sent_at < spells_now.ends_at
    LEFT JOIN sent_one_by_one ON sent_one_by_one.post_no = matured.post_no
    LEFT JOIN marked
        ON marked.spell_no = spells_now.spell_no AND marked.post_no = matured.post_no
    WHERE sent_one_by_one.post_no IS NULL
),
-- opens of a post whose opens are not recorded say nothing, whoever sent them
per_person AS (
    SELECT
        person_no,
        post_no,
        min(sent_at) AS sent_at,
        min(is_measured) AS is_measured,
        max(machines) AS machines,
        max(plain_opens * is_measured) AS plain_opens,
        max(human_opens * is_measured) AS human_opens,
        max(clicks) AS clicks,
        max(answers) AS answers,
        max(read_at) AS read_at
    FROM reached
    GROUP BY person_no, post_no
)
SELECT
    person_no,
    post_no,
    sent_at,
    CASE
        WHEN plain_opens + human_opens + clicks + answers > 0 THEN 1
        WHEN is_measured = 0 THEN -1
        WHEN machines = 1 THEN 0
        ELSE 1
    END AS outcome,
    CASE WHEN plain_opens + human_opens + clicks + answers > 0 THEN 1 ELSE 0 END AS is_read,
    CASE WHEN plain_opens = 1 AND human_opens + clicks + answers = 0 THEN 1 ELSE 0 END AS is_plain,
    CASE WHEN plain_opens + human_opens > 0 THEN 1 ELSE 0 END AS opens,
    clicks,
    answers,
    read_at
FROM per_person
