-- What other connections know by name about posts that running totals count: one row for a signal of
-- the same person and the same post. The post is looked at in the connection with the totals.
CREATE MACRO shared_evidence(publication_name, as_of) AS TABLE
WITH placed AS MATERIALIZED (
    SELECT
        posts.connection,
        posts.post_id,
        posts.ordinal,
        posts.matured_at,
        posts.is_matured,
        posts.by_counters,
        coalesce(same.issue_connection, posts.connection) AS issue_connection,
        coalesce(same.issue_post_id, posts.post_id) AS issue_post_id
    FROM dated_posts(publication_name, as_of) AS posts
    LEFT JOIN same_posts(publication_name) AS same
        ON same.connection = posts.connection AND same.post_id = posts.post_id
),
shared AS MATERIALIZED (
    SELECT
        counted.connection,
        counted.ordinal,
        counted.is_matured,
        other.connection AS other_connection,
        other.post_id AS other_post_id,
        other.ordinal AS other_ordinal,
        other.matured_at AS other_matured_at,
        other.by_counters AS other_by_counters
    FROM placed AS counted
    JOIN placed AS other
        ON other.issue_connection = counted.issue_connection
        AND other.issue_post_id = counted.issue_post_id
        AND other.connection <> counted.connection
    WHERE counted.by_counters = 1
),
named AS (
    SELECT
        shared.connection,
        shared.ordinal,
        shared.is_matured,
        signals.connection AS other_connection,
        signals.subscription_id,
        0 AS is_answered,
        CASE WHEN signals.kind = 'open' THEN 1 ELSE 0 END AS is_opened,
        CASE WHEN signals.kind = 'click' THEN 1 ELSE 0 END AS is_clicked
    FROM signals
    JOIN shared
        ON shared.other_connection = signals.connection
        AND shared.other_post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind IN ('open', 'click')
        AND signals.machine IS DISTINCT FROM TRUE
        AND shared.is_matured = 1
        AND shared.other_by_counters = 0
        AND coalesce(signals.happened_at, shared.other_matured_at) < as_of
    UNION ALL
    SELECT
        shared.connection,
        shared.ordinal,
        shared.is_matured,
        reads.connection,
        reads.subscription_id,
        0,
        reads.is_opened,
        reads.is_clicked
    FROM named_reads(publication_name, as_of) AS reads
    JOIN shared
        ON shared.other_connection = reads.connection
        AND shared.other_ordinal = reads.ordinal
        AND shared.is_matured = 1
    UNION ALL
    SELECT
        shared.connection,
        shared.ordinal,
        shared.is_matured,
        answers.connection,
        answers.subscription_id,
        1,
        0,
        0
    FROM answers_given(publication_name, as_of) AS answers
    JOIN shared
        ON shared.other_connection = answers.connection
        AND shared.other_post_id = answers.post_id
)
SELECT
    spells_now.spell_no,
    named.ordinal,
    named.is_matured,
    named.is_answered,
    named.is_opened,
    named.is_clicked
FROM named
JOIN people
    ON people.connection = named.other_connection
    AND people.subscription_id = named.subscription_id
JOIN current_spells(publication_name, as_of) AS spells_now
    ON spells_now.person_id = people.person_id AND spells_now.connection = named.connection
