-- The views behind `people_reading` as version 0.2.0 had them: what later ones are measured against.
-- The posts of a publication that were sent by mail before `as_of`, with the moment from which
-- each can be judged: seven days after sending or when the next one goes out, never before 48 h.
-- post_no counts them through the publication, ordinal within their connection.
CREATE MACRO mailed_posts(publication_name, as_of) AS TABLE
WITH sent AS (
    SELECT
        connection,
        id AS post_id,
        title,
        sent_at,
        opens_tracked,
        lead(sent_at) OVER (PARTITION BY connection ORDER BY sent_at, id) AS next_sent_at,
        row_number() OVER (PARTITION BY connection ORDER BY sent_at, id) AS ordinal
    FROM posts
    WHERE publication = publication_name
        AND form IN ('email', 'both')
        AND sent_at IS NOT NULL
        -- a planned post that the provider no longer shows was never sent
        AND (status IN ('sent', 'archived') OR (status = 'scheduled' AND presence <> 'removed'))
),
counting AS (
    SELECT connection
    FROM counters
    WHERE publication = publication_name
    GROUP BY connection
),
segmented AS (      -- who is not in a segment that was worked out did not open its post
    SELECT connection, post_id
    FROM segments
    WHERE publication = publication_name
        AND presence <> 'removed'
        AND means = 'open'
        AND status IN ('completed', 'inactive')
    GROUP BY connection, post_id
),
open_recording AS (
    SELECT connection
    FROM signals
    WHERE publication = publication_name
        AND kind = 'open'
        AND connection NOT IN (SELECT connection FROM segments)
    GROUP BY connection
    UNION ALL       -- a segment says nothing of the opens of other posts
    SELECT signals.connection
    FROM signals
    JOIN (SELECT connection FROM segments GROUP BY connection) AS segmenting
        ON segmenting.connection = signals.connection
    WHERE signals.publication = publication_name
        AND signals.kind = 'open'
        AND NOT EXISTS (
            SELECT 1
            FROM segments
            WHERE segments.connection = signals.connection
                AND segments.id = split_part(signals.signal_key, '/', 1)
        )
    GROUP BY signals.connection
),
dated AS (
    SELECT
        *,
        least(
            sent_at + INTERVAL 7 DAY,
            greatest(
                coalesce(next_sent_at, sent_at + INTERVAL 7 DAY), sent_at + INTERVAL 48 HOUR
            )
        ) AS matured_at
    FROM sent
    WHERE sent_at < as_of
)
SELECT
    dated.connection,
    dated.post_id,
    dated.title,
    dated.sent_at,
    dated.matured_at,
    dated.ordinal,
    row_number() OVER (ORDER BY dated.sent_at, dated.connection, dated.post_id) AS post_no,
    CASE WHEN dated.matured_at <= as_of THEN 1 ELSE 0 END AS is_matured,
    CASE WHEN counting.connection IS NULL THEN 0 ELSE 1 END AS by_counters,
    -- where nobody says whether opens are recorded and none ever was, silence means nothing
    CASE
        WHEN dated.opens_tracked THEN 1
        WHEN NOT dated.opens_tracked THEN 0
        WHEN counting.connection IS NOT NULL THEN 1
        WHEN open_recording.connection IS NOT NULL THEN 1
        WHEN segmented.connection IS NOT NULL THEN 1
        ELSE 0
    END AS is_measured
FROM dated
LEFT JOIN counting ON counting.connection = dated.connection
LEFT JOIN segmented
    ON segmented.connection = dated.connection AND segmented.post_id = dated.post_id
LEFT JOIN open_recording ON open_recording.connection = dated.connection
;
-- Every stretch of time in which a subscription stood as active: starts_at included, ends_at not.
-- An unknown start lies before everything, an open end after everything. Where the provider does
-- not say when somebody left, the end is what was told of it besides (`departures`), else the moment
-- at which it was first seen; somebody seen as active again starts a new spell then (or when they
-- joined anew, if that is later than the end).
CREATE MACRO spells(publication_name) AS TABLE
WITH marked AS (
    SELECT
        *,
        CASE WHEN status = 'active' AND presence <> 'removed' THEN 1 ELSE 0 END AS is_active,
        CASE WHEN was_status = 'active' AND coalesce(was_presence, 'present') <> 'removed'
            THEN 1 ELSE 0 END AS was_active
    FROM subscription_versions
    WHERE publication = publication_name
),
turned AS (         -- the first version of each key, and each one that begins or ends a standing
    SELECT *
    FROM marked
    WHERE was_status IS NULL OR is_active <> was_active
),
told AS (           -- a departure counts for a turn only if it lies between that and the one before
    SELECT turned.connection, turned.subscription_id, turned.spell, turned.entry,
        max(departures.left_at) AS left_at
    FROM departures
    JOIN (
        SELECT
            *,
            lag(seen_at) OVER (
                PARTITION BY connection, subscription_id, spell ORDER BY entry, seen_at
            ) AS seen_before
        FROM turned
        WHERE (connection, subscription_id) IN (
            SELECT connection, subscription_id FROM departures WHERE publication = publication_name
        )
    ) AS turned
        ON turned.connection = departures.connection
        AND turned.subscription_id = departures.subscription_id
        AND departures.left_at >= coalesce(turned.seen_before, turned.joined_at, departures.left_at)
        AND departures.left_at <= turned.seen_at
    WHERE turned.status = 'left' AND turned.left_at IS NULL
    GROUP BY turned.connection, turned.subscription_id, turned.spell, turned.entry
),
turns AS (
    SELECT
        turned.*,
        coalesce(
            turned.left_at,
            told.left_at,
            CASE WHEN turned.status = 'active' THEN turned.absent_since END,
            turned.seen_at
        ) AS end_at
    FROM turned
    LEFT JOIN told
        ON told.connection = turned.connection
        AND told.subscription_id = turned.subscription_id
        AND told.spell = turned.spell
        AND told.entry = turned.entry
),
placed AS (
    SELECT
        *,
        row_number() OVER key_order AS turn,
        lag(end_at) OVER key_order AS end_before,
        lead(end_at) OVER key_order AS end_after,
        lead(status) OVER key_order AS status_after,
        row_number() OVER (
            PARTITION BY connection, subscription_id, spell ORDER BY entry DESC, seen_at DESC
        ) AS turns_left
    FROM turns
    WINDOW key_order AS (
        PARTITION BY connection, subscription_id, spell ORDER BY entry, seen_at
    )
),
bounded AS (
    SELECT
        placed.connection,
        placed.subscription_id,
        placed.spell,
        CASE
            WHEN placed.turn = 1 AND placed.turns_left <= 2 THEN newest.joined_at
            WHEN placed.turn = 1 THEN placed.joined_at
            WHEN placed.joined_at >= placed.end_before THEN placed.joined_at
            ELSE placed.seen_at
        END AS starts_at,
        CASE
            WHEN placed.is_active = 0 AND placed.turns_left = 1
                THEN coalesce(newest.left_at, placed.end_at)
            WHEN placed.is_active = 0 THEN placed.end_at
            -- a date of leaving that lies before somebody's return is an old one
            WHEN placed.turns_left = 1 AND (placed.turn = 1 OR newest.left_at > placed.seen_at)
                THEN newest.left_at
            WHEN placed.turns_left = 1 THEN NULL
            WHEN placed.turns_left = 2 THEN coalesce(newest.left_at, placed.end_after)
            ELSE placed.end_after
        END AS ends_at,
        CASE
            WHEN placed.is_active = 0 THEN placed.status
            WHEN placed.turns_left > 1 THEN placed.status_after
            WHEN newest.left_at IS NOT NULL THEN 'left'
        END AS end_status
    FROM placed
    JOIN subscriptions AS newest
        ON newest.connection = placed.connection
        AND newest.subscription_id = placed.subscription_id
        AND newest.spell = placed.spell
    -- first seen when it was over already: it still was a spell, unless never confirmed
    WHERE placed.is_active = 1 OR (placed.turn = 1 AND placed.status <> 'pending')
)
SELECT
    connection,
    subscription_id,
    spell,
    coalesce(starts_at, TIMESTAMP '1000-01-01 00:00:00') AS starts_at,
    coalesce(ends_at, TIMESTAMP '9999-12-31 00:00:00') AS ends_at,
    CASE WHEN end_status = 'left' THEN 'left' WHEN end_status IS NOT NULL THEN 'censored' END
        AS end_kind
FROM bounded
;
-- The spells that belong to the present standing of everybody active at `as_of`. Several
-- subscriptions of one person count together: spells that overlap are one standing, a gap begins
-- a new one. person_no and spell_no are short keys, valid within one question only.
CREATE MACRO current_spells(publication_name, as_of) AS TABLE
WITH owned AS (
    SELECT
        people.person_id,
        spells.connection,
        spells.subscription_id,
        spells.starts_at,
        spells.ends_at
    FROM spells(publication_name) AS spells
    JOIN people
        ON people.connection = spells.connection
        AND people.subscription_id = spells.subscription_id
    WHERE spells.starts_at <= as_of AND spells.starts_at < spells.ends_at
),
followed AS (
    SELECT
        *,
        max(ends_at) OVER (
            PARTITION BY person_id ORDER BY starts_at, ends_at, connection, subscription_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS ended_before
    FROM owned
),
standing AS (
    SELECT
        person_id,
        row_number() OVER (ORDER BY person_id) AS person_no,
        max(CASE WHEN ended_before IS NULL OR starts_at >= ended_before THEN starts_at END)
            AS since_at,
        max(ends_at) AS until_at
    FROM followed
    GROUP BY person_id
)
SELECT
    standing.person_id,
    standing.person_no,
    standing.since_at,
    row_number() OVER (
        ORDER BY standing.person_no, owned.connection, owned.subscription_id, owned.starts_at
    ) AS spell_no,
    owned.connection,
    owned.subscription_id,
    owned.starts_at,
    owned.ends_at
FROM owned
JOIN standing ON standing.person_id = owned.person_id
WHERE standing.until_at > as_of AND owned.starts_at >= standing.since_at
;
-- What people said before `as_of`: replies, comments, polls, surveys, feedback. Automatic answers
-- are none. An answer without a time counts from the moment its post matured, one without a post
-- as well from the moment it was seen. Person and post may be unknown.
CREATE MACRO answers_given(publication_name, as_of) AS TABLE
SELECT
    signals.connection,
    signals.kind,
    signals.signal_key,
    signals.subscription_id,
    people.person_id,
    signals.post_id,
    posts.post_no,
    signals.question_id,
    signals.answer,
    coalesce(signals.happened_at, posts.matured_at, signals.seen_at) AS answered_at
FROM signals
LEFT JOIN people
    ON people.connection = signals.connection
    AND people.subscription_id = signals.subscription_id
LEFT JOIN mailed_posts(publication_name, as_of) AS posts
    ON posts.connection = signals.connection AND posts.post_id = signals.post_id
WHERE signals.publication = publication_name
    AND signals.kind IN ('reply', 'comment', 'poll', 'survey', 'feedback')
    AND coalesce(signals.machine, FALSE) = FALSE
    AND coalesce(signals.happened_at, posts.matured_at, signals.seen_at) < as_of
;
-- Opens and clicks that a provider of running totals tells of a person and a post (beehiiv's
-- segments), on posts that had matured before `as_of`. They bear no time, so they count from when
-- the post matured. Who made them is not said; what a machine made is none. What a segment says
-- counts only as long as the owner says that it means just this.
CREATE MACRO named_reads(publication_name, as_of) AS TABLE
SELECT
    signals.connection,
    signals.subscription_id,
    posts.ordinal,
    posts.sent_at,
    max(CASE WHEN signals.kind = 'open' THEN 1 ELSE 0 END) AS is_opened,
    max(CASE WHEN signals.kind = 'click' THEN 1 ELSE 0 END) AS is_clicked
FROM signals
JOIN mailed_posts(publication_name, as_of) AS posts
    ON posts.connection = signals.connection
    AND posts.post_id = signals.post_id
    AND posts.by_counters = 1
    AND posts.is_matured = 1
LEFT JOIN segments
    ON segments.connection = signals.connection
    AND segments.id = split_part(signals.signal_key, '/', 1)
WHERE signals.publication = publication_name
    AND signals.kind IN ('open', 'click')
    AND signals.subscription_id IS NOT NULL
    AND signals.machine IS DISTINCT FROM TRUE
    AND coalesce(signals.happened_at, posts.matured_at) < as_of
    AND (
        segments.id IS NULL
        OR (
            segments.presence <> 'removed'
            AND segments.means = signals.kind
            AND segments.post_id = signals.post_id
        )
    )
GROUP BY signals.connection, signals.subscription_id, posts.ordinal, posts.sent_at
;
-- Every click before `as_of` on a matured post, with a verdict: human, machine, or unsubscribe
-- (which is no reading). Where the provider gives no flag, a click is a machine's if it came less
-- than 10 s after delivery, within 10 s of another link of the post, or within a minute that
-- took in 80 % of the post's links (3 or more); or if half of the person's posts are like that.
CREATE MACRO judged_clicks(publication_name, as_of) AS TABLE
WITH matured AS (
    SELECT connection, post_id, post_no, matured_at
    FROM mailed_posts(publication_name, as_of)
    WHERE is_matured = 1 AND by_counters = 0
),
clicks AS (
    SELECT
        matured.connection,
        signals.subscription_id,
        matured.post_no,
        signals.happened_at AS clicked_at,
        coalesce(signals.happened_at, matured.matured_at) AS counts_at,
        coalesce(signals.url, '') AS url,
        signals.machine,
        CASE WHEN lower(coalesce(signals.url, '')) LIKE '%unsubscribe%' THEN 1 ELSE 0 END AS leaves
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    WHERE signals.publication = publication_name
        AND signals.kind = 'click'
        AND signals.subscription_id IS NOT NULL
        AND coalesce(signals.happened_at, matured.matured_at) < as_of
),
deliveries AS (
    SELECT signals.subscription_id, matured.post_no, min(signals.happened_at) AS delivered_at
    FROM signals
    JOIN matured
        ON matured.connection = signals.connection AND matured.post_id = signals.post_id
    JOIN (SELECT subscription_id, post_no FROM clicks GROUP BY subscription_id, post_no) AS clicked
        ON clicked.subscription_id = signals.subscription_id AND clicked.post_no = matured.post_no
    WHERE signals.publication = publication_name AND signals.kind = 'send'
    GROUP BY signals.subscription_id, matured.post_no
),
neighbours AS (     -- of equal links in a row, only the nearest click of another link matters
    SELECT
        *,
        CASE WHEN lag(url) OVER in_order = url THEN 0 ELSE 1 END AS other_link
    FROM clicks
    WHERE clicked_at IS NOT NULL
    WINDOW in_order AS (PARTITION BY subscription_id, post_no ORDER BY clicked_at, url)
),
counted AS (
    SELECT
        *,
        sum(other_link) OVER (
            PARTITION BY subscription_id, post_no ORDER BY clicked_at, url
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS link_run
    FROM neighbours
),
link_runs AS (
    SELECT
        subscription_id,
        post_no,
        link_run,
        lag(max(clicked_at)) OVER (PARTITION BY subscription_id, post_no ORDER BY link_run)
            AS other_before,
        lead(min(clicked_at)) OVER (PARTITION BY subscription_id, post_no ORDER BY link_run)
            AS other_after
    FROM counted
    GROUP BY subscription_id, post_no, link_run
),
links AS (
    SELECT post_no, count(*) AS links
    FROM (SELECT post_no, url FROM clicks GROUP BY post_no, url) AS distinct_links
    GROUP BY post_no
    HAVING count(*) >= 3
),
firsts AS (
    SELECT
        subscription_id,
        post_no,
        first_at,
        row_number() OVER (PARTITION BY subscription_id, post_no ORDER BY first_at, url) AS place
    FROM (
        SELECT subscription_id, post_no, url, min(clicked_at) AS first_at
        FROM counted
        GROUP BY subscription_id, post_no, url
    ) AS first_clicks
),
sweeps AS (
    SELECT
        early.subscription_id,
        early.post_no,
        min(early.first_at) AS sweep_from,
        max(early.first_at) + INTERVAL 60 SECOND AS sweep_to
    FROM firsts AS early
    JOIN links ON links.post_no = early.post_no
    JOIN firsts AS late
        ON late.subscription_id = early.subscription_id
        AND late.post_no = early.post_no
        AND late.place = early.place + ceil(0.8 * links.links) - 1
    WHERE late.first_at <= early.first_at + INTERVAL 60 SECOND
    GROUP BY early.subscription_id, early.post_no
),
tested AS (
    SELECT
        counted.connection,
        counted.subscription_id,
        counted.post_no,
        counted.counts_at,
        counted.machine,
        counted.leaves,
        CASE
            WHEN counted.clicked_at < deliveries.delivered_at + INTERVAL 10 SECOND THEN 1
            WHEN counted.clicked_at <= link_runs.other_before + INTERVAL 10 SECOND THEN 1
            WHEN counted.clicked_at >= link_runs.other_after - INTERVAL 10 SECOND THEN 1
            WHEN counted.clicked_at BETWEEN sweeps.sweep_from AND sweeps.sweep_to THEN 1
            ELSE 0
        END AS scans
    FROM counted
    JOIN link_runs
        ON link_runs.subscription_id = counted.subscription_id
        AND link_runs.post_no = counted.post_no
        AND link_runs.link_run = counted.link_run
    LEFT JOIN deliveries
        ON deliveries.subscription_id = counted.subscription_id
        AND deliveries.post_no = counted.post_no
    LEFT JOIN sweeps
        ON sweeps.subscription_id = counted.subscription_id AND sweeps.post_no = counted.post_no
    UNION ALL
    SELECT connection, subscription_id, post_no, counts_at, machine, leaves, 0
    FROM clicks
    WHERE clicked_at IS NULL
),
scanners AS (
    SELECT connection, subscription_id
    FROM (
        SELECT connection, subscription_id, post_no, max(scans) AS scans
        FROM tested
        WHERE machine IS NULL
        GROUP BY connection, subscription_id, post_no
    ) AS clicked_posts
    GROUP BY connection, subscription_id
    HAVING sum(scans) > 0 AND 2 * sum(scans) >= count(*)
)
SELECT
    tested.connection,
    tested.subscription_id,
    tested.post_no,
    tested.counts_at,
    CASE
        WHEN tested.machine THEN 'machine'
        WHEN tested.machine IS NULL AND (tested.scans = 1 OR scanners.connection IS NOT NULL)
            THEN 'machine'
        WHEN tested.leaves = 1 THEN 'unsubscribe'
        ELSE 'human'
    END AS verdict
FROM tested
LEFT JOIN scanners
    ON scanners.connection = tested.connection
    AND scanners.subscription_id = tested.subscription_id
;
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
-- mark: -1 nothing, 0 sent, 1 a machine, 2 an open of unknown making, 3 a person's open, 4 a click,
-- 6 an answer. People are joined after this union, so that no engine pairs them all with all posts.
noticed AS (
    SELECT
        matured.connection,
        signals.subscription_id,
        matured.post_no,
        matured.sent_at,
        CASE
            WHEN signals.kind = 'send' THEN 0
            WHEN signals.machine THEN 1
            WHEN signals.kind <> 'open' THEN 6
            WHEN matured.is_measured = 0 THEN -1
            WHEN signals.machine IS NULL THEN 2
            ELSE 3
        END AS mark,
        CASE
            WHEN signals.kind = 'send' THEN coalesce(signals.happened_at, matured.sent_at)
            ELSE coalesce(signals.happened_at, matured.matured_at)
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
        clicks.post_no,
        matured.sent_at,
        CASE clicks.verdict WHEN 'human' THEN 4 WHEN 'machine' THEN 1 ELSE -1 END,
        clicks.counts_at
    FROM judged_clicks(publication_name, as_of) AS clicks
    JOIN matured ON matured.post_no = clicks.post_no
),
marks AS (
    SELECT
        spells_now.person_no,
        noticed.post_no,
        noticed.sent_at,
        spells_now.starts_at,
        spells_now.ends_at,
        noticed.mark,
        noticed.marked_at
    FROM noticed
    JOIN spells_now
        ON spells_now.connection = noticed.connection
        AND spells_now.subscription_id = noticed.subscription_id
    UNION ALL       -- a post without sends went to everybody
    SELECT
        spells_now.person_no,
        matured.post_no,
        matured.sent_at,
        spells_now.starts_at,
        spells_now.ends_at,
        0,
        matured.sent_at
    FROM matured
    LEFT JOIN sent_one_by_one ON sent_one_by_one.post_no = matured.post_no
    JOIN spells_now
        ON spells_now.connection = matured.connection
        AND spells_now.starts_at <= matured.sent_at
        AND spells_now.ends_at > matured.sent_at
    WHERE sent_one_by_one.post_no IS NULL
),
gathered AS (       -- reached: the post went out, or was handed over, while they were there
    SELECT
        person_no,
        post_no,
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
    gathered.person_no,
    gathered.post_no,
    matured.sent_at,
    CASE
        WHEN gathered.best >= 2 THEN 1
        WHEN matured.is_measured = 0 THEN -1
        WHEN gathered.machines = 1 THEN 0
        ELSE 1
    END AS outcome,
    CASE WHEN gathered.best >= 2 THEN 1 ELSE 0 END AS is_read,
    CASE WHEN gathered.best = 2 THEN 1 ELSE 0 END AS is_plain,
    gathered.opens,
    gathered.clicks,
    CASE WHEN gathered.best = 6 THEN 1 ELSE 0 END AS answers,
    gathered.read_at
FROM gathered
JOIN matured ON matured.post_no = gathered.post_no
WHERE gathered.is_reached = 1
;
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
WITH mailed AS (
    SELECT connection, post_id, ordinal, sent_at, is_matured
    FROM mailed_posts(publication_name, as_of)
    WHERE by_counters = 1
),
matured AS (
    SELECT connection, sum(is_matured) AS matured_posts
    FROM mailed
    GROUP BY connection
),
looks AS (
    SELECT
        spells_now.person_no,
        spells_now.spell_no,
        spells_now.connection,
        counters.was_at,
        counters.seen_at,
        counters.received - counters.was_received AS received,
        counters.opened - counters.was_opened AS opened,
        counters.clicked - counters.was_clicked AS clicked
    FROM counters
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = counters.connection
        AND spells_now.subscription_id = counters.subscription_id
        AND spells_now.starts_at <= counters.was_at
        AND spells_now.ends_at > counters.was_at
    WHERE counters.publication = publication_name
        AND counters.was_at IS NOT NULL
        AND counters.seen_at < as_of
),
instants AS (
    SELECT connection, was_at AS instant FROM looks GROUP BY connection, was_at
    UNION
    SELECT connection, seen_at FROM looks GROUP BY connection, seen_at
),
placed AS (         -- how many posts had been sent by each moment of looking
    SELECT instants.connection, instants.instant, count(mailed.ordinal) AS posts_sent
    FROM instants
    LEFT JOIN mailed
        ON mailed.connection = instants.connection AND mailed.sent_at <= instants.instant
    GROUP BY instants.connection, instants.instant
),
between_looks AS (
    SELECT
        looks.*,
        seen.posts_sent AS last_ordinal,
        seen.posts_sent - was.posts_sent AS posts_between,
        greatest(
            0, seen.posts_sent - greatest(was.posts_sent, coalesce(matured.matured_posts, 0))
        ) AS unmatured
    FROM looks
    JOIN placed AS was ON was.connection = looks.connection AND was.instant = looks.was_at
    JOIN placed AS seen ON seen.connection = looks.connection AND seen.instant = looks.seen_at
    LEFT JOIN matured ON matured.connection = looks.connection
),
told AS (           -- what is known by name: one row for each person and post
    SELECT
        spells_now.spell_no,
        told_by_name.ordinal,
        max(told_by_name.is_matured) AS is_matured,
        max(told_by_name.is_answered) AS is_answered,
        max(told_by_name.is_opened) AS is_opened,
        max(told_by_name.is_clicked) AS is_clicked
    FROM (
        SELECT
            answers.connection,
            answers.subscription_id,
            mailed.ordinal,
            mailed.is_matured,
            1 AS is_answered,
            0 AS is_opened,
            0 AS is_clicked
        FROM answers_given(publication_name, as_of) AS answers
        JOIN mailed
            ON mailed.connection = answers.connection AND mailed.post_id = answers.post_id
        UNION ALL
        SELECT connection, subscription_id, ordinal, 1, 0, is_opened, is_clicked
        FROM named_reads(publication_name, as_of)
    ) AS told_by_name
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = told_by_name.connection
        AND spells_now.subscription_id = told_by_name.subscription_id
    GROUP BY spells_now.spell_no, told_by_name.ordinal
),
told_between AS (
    SELECT
        between_looks.spell_no,
        between_looks.seen_at,
        sum(told.is_answered) AS answers,
        sum(told.is_answered * told.is_matured) AS matured_answers,
        greatest(sum(told.is_opened), max(told.is_clicked)) AS named,
        greatest(
            sum(greatest(told.is_answered, told.is_opened)), max(told.is_clicked)
        ) AS known,
        greatest(
            sum(greatest(told.is_answered, told.is_opened) * told.is_matured),
            max(told.is_clicked)
        ) AS matured_known
    FROM between_looks
    JOIN told
        ON told.spell_no = between_looks.spell_no
        AND told.ordinal > between_looks.last_ordinal - between_looks.posts_between
        AND told.ordinal <= between_looks.last_ordinal
    GROUP BY between_looks.spell_no, between_looks.seen_at
),
counted AS (
    SELECT
        between_looks.*,
        least(between_looks.received, between_looks.posts_between) AS reached,
        greatest(
            between_looks.opened,
            CASE WHEN between_looks.clicked > 0 THEN 1 ELSE 0 END
        ) AS reads,
        coalesce(told_between.answers, 0) AS answers,
        coalesce(told_between.matured_answers, 0) AS matured_answers,
        coalesce(told_between.named, 0) AS named,
        coalesce(told_between.known, 0) AS known,
        coalesce(told_between.matured_known, 0) AS matured_known
    FROM between_looks
    LEFT JOIN told_between
        ON told_between.spell_no = between_looks.spell_no
        AND told_between.seen_at = between_looks.seen_at
),
balances AS (       -- of those of whom something is known by name, so that nobody else is sorted
    SELECT
        spell_no,
        seen_at,
        sum(named - reads) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS balance
    FROM counted
    WHERE spell_no IN (SELECT spell_no FROM counted WHERE named > 0)
),
owing AS (          -- balance less the lowest before it, as a debt that is never below zero
    SELECT
        spell_no,
        seen_at,
        balance - least(0, min(balance) OVER (
            PARTITION BY spell_no ORDER BY seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )) AS owed_after
    FROM balances
),
owed AS (
    SELECT
        spell_no,
        seen_at,
        lag(owed_after) OVER (PARTITION BY spell_no ORDER BY seen_at) AS owed
    FROM owing
),
settled AS (        -- paid: reads that are certainly of this interval's mails
    SELECT
        counted.*,
        coalesce(owed.owed, 0) AS owed,
        greatest(counted.named, counted.reads - coalesce(owed.owed, 0)) AS paid
    FROM counted
    LEFT JOIN owed ON owed.spell_no = counted.spell_no AND owed.seen_at = counted.seen_at
)
SELECT
    person_no,
    spell_no,
    connection,
    was_at,
    seen_at,
    last_ordinal,
    posts_between,
    reached,
    unmatured,
    opened,
    clicked,
    least(answers, reached) AS answers,
    least(matured_answers, reached) AS matured_answers,
    least(matured_known, reached) AS matured_known,
    CASE WHEN received > posts_between THEN 1 ELSE 0 END AS is_surplus,
    least(
        reached,
        greatest(
            known,
            CASE
                WHEN received <= posts_between OR opened - owed >= received THEN paid
                ELSE paid - (received - reached)
            END
        )
    ) AS reads_low,
    least(reached, greatest(known, reads)) AS reads_high,
    CASE WHEN received <= posts_between THEN greatest(0, opened - owed - reached) ELSE 0 END
        AS late_reads
FROM settled
;
-- The same intervals as single opportunities, oldest to newest. Where only "y of d" is known, the
-- reads stand on the oldest for the lower bound and on the newest for the upper: so the newest m
-- of a block hold exactly the least and the most reads that they can. Late reads go to the
-- youngest earlier opportunity that was certainly not read, as closing brackets go to opening ones.
-- is_settled: a window that ends here has right bounds (not so in the middle of a block).
CREATE MACRO counter_opportunities(publication_name, as_of) AS TABLE
WITH intervals AS (
    SELECT
        person_no,
        spell_no,
        connection,
        seen_at,
        last_ordinal,
        reached,
        unmatured,
        clicked,
        matured_answers,
        matured_known,
        reads_low,
        reads_high,
        late_reads
    FROM counter_intervals(publication_name, as_of)
    WHERE reached > 0 OR late_reads > 0
),
mailed AS (
    SELECT connection, ordinal, post_no, sent_at
    FROM mailed_posts(publication_name, as_of)
    WHERE by_counters = 1
),
numbers AS (
    SELECT ordinal - 1 AS number
    FROM mailed
    GROUP BY ordinal
),
single AS (         -- back: 0 for the newest post of the interval
    SELECT intervals.*, 0 AS back FROM intervals WHERE reached = 1
    UNION ALL
    SELECT intervals.*, numbers.number
    FROM intervals
    JOIN numbers ON numbers.number < intervals.reached
    WHERE intervals.reached > 1
),
brackets AS (
    SELECT spell_no, seen_at, back, last_ordinal - back AS place, 1 AS step
    FROM single
    WHERE reads_high = 0
        AND spell_no IN (SELECT spell_no FROM intervals WHERE late_reads > 0)
    UNION ALL
    SELECT intervals.spell_no, intervals.seen_at, numbers.number, numbers.number, -1
    FROM intervals
    JOIN numbers ON numbers.number < intervals.late_reads
    WHERE intervals.late_reads > 0
),
summed AS (
    SELECT
        *,
        sum(step) OVER (
            PARTITION BY spell_no ORDER BY seen_at, step DESC, place
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS height
    FROM brackets
),
floored AS (
    SELECT
        *,
        coalesce(min(height) OVER (
            PARTITION BY spell_no ORDER BY seen_at, step DESC, place
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS lowest_before
    FROM summed
),
levelled AS (       -- an opening and a closing bracket of one level stand next to each other
    SELECT
        *,
        CASE WHEN step = 1 THEN height ELSE height + 1 END - least(0, lowest_before) AS level
    FROM floored
),
paired AS (
    SELECT
        *,
        lead(step) OVER (
            PARTITION BY spell_no, level ORDER BY seen_at, step DESC, place
        ) AS step_after,
        lead(seen_at) OVER (
            PARTITION BY spell_no, level ORDER BY seen_at, step DESC, place
        ) AS seen_after
    FROM levelled
    WHERE level > 0
),
mended AS (
    SELECT spell_no, seen_at, back, seen_after
    FROM paired
    WHERE step = 1 AND step_after = -1
),
judged AS (         -- only what has matured; the unmatured are the youngest of their interval
    SELECT
        single.*,
        mended.seen_after,
        single.reached - single.unmatured AS judged,
        greatest(single.reads_low - single.unmatured, single.matured_known, 0) AS judged_low,
        least(single.reached - single.unmatured, single.reads_high) AS judged_high
    FROM single
    LEFT JOIN mended
        ON mended.spell_no = single.spell_no
        AND mended.seen_at = single.seen_at
        AND mended.back = single.back
    WHERE single.back >= single.unmatured
),
bounded AS (
    SELECT
        *,
        least(judged, judged_low) AS block_low,
        greatest(judged_high, least(judged, judged_low)) AS block_high
    FROM judged
)
SELECT
    bounded.person_no,
    bounded.spell_no,
    mailed.post_no,
    mailed.sent_at,
    CASE
        WHEN bounded.seen_after IS NOT NULL THEN 1
        WHEN bounded.reached - bounded.back <= bounded.block_low THEN 1
        ELSE 0
    END AS low,
    CASE
        WHEN bounded.seen_after IS NOT NULL THEN 1
        WHEN bounded.back - bounded.unmatured < bounded.block_high THEN 1
        ELSE 0
    END AS high,
    bounded.judged AS block_size,
    bounded.block_low,
    bounded.block_high,
    CASE WHEN bounded.block_low < bounded.block_high THEN 1
        WHEN bounded.block_low IN (0, bounded.judged) THEN 0
        ELSE 1 END AS is_block,
    CASE
        WHEN bounded.back = bounded.unmatured THEN 1
        WHEN bounded.block_low = bounded.block_high
            AND bounded.block_low IN (0, bounded.judged) THEN 1
        ELSE 0
    END AS is_settled,
    bounded.seen_at AS block_at,
    CASE WHEN bounded.seen_after IS NOT NULL THEN 1 ELSE 0 END AS is_late,
    CASE WHEN bounded.back = bounded.unmatured THEN least(bounded.clicked, bounded.judged) ELSE 0
        END AS clicks,
    CASE WHEN bounded.back = bounded.unmatured THEN bounded.matured_answers ELSE 0 END AS answers,
    CASE
        WHEN bounded.seen_after IS NOT NULL THEN bounded.seen_after
        WHEN bounded.block_low > 0 AND bounded.back = bounded.unmatured THEN bounded.seen_at
    END AS read_at
FROM bounded
JOIN mailed
    ON mailed.connection = bounded.connection
    AND mailed.ordinal = bounded.last_ordinal - bounded.back
;
-- Everything that can be judged about everybody active at `as_of`, from both kinds of connection.
-- unit_no puts the opportunities of a person in order: the number of the post, or with
-- `by_week` the ISO week in `time_zone`, in which one read post makes the week a read one.
-- low and high: 1 where a read is proved, or possible. outcome as in signal_opportunities.
CREATE MACRO opportunities(publication_name, as_of, by_week, time_zone) AS TABLE
WITH judged AS (
    SELECT
        person_no,
        0 AS spell_no,
        post_no,
        sent_at,
        outcome,
        is_read AS low,
        is_read AS high,
        1 AS block_size,
        is_read AS block_low,
        is_read AS block_high,
        0 AS is_block,
        1 AS is_settled,
        CAST(NULL AS TIMESTAMP) AS block_at,
        is_plain,
        opens,
        clicks,
        answers,
        read_at
    FROM signal_opportunities(publication_name, as_of)
    UNION ALL
    SELECT
        person_no,
        spell_no,
        post_no,
        sent_at,
        1,
        low,
        high,
        block_size,
        block_low,
        block_high,
        is_block,
        is_settled,
        block_at,
        low,
        low,
        clicks,
        answers,
        read_at
    FROM counter_opportunities(publication_name, as_of)
),
weeks AS (          -- a block that reaches over two weeks leaves in each what the other cannot hold
    SELECT
        person_no,
        CAST(date_trunc('week', sent_at AT TIME ZONE 'UTC' AT TIME ZONE time_zone) AS DATE) AS week,
        min(sent_at) AS sent_at,
        max(outcome) AS outcome,
        CASE WHEN is_block = 0 THEN max(low)
            WHEN max(block_low) - max(block_size) + count(*) >= 1 THEN 1 ELSE 0 END AS low,
        CASE WHEN is_block = 0 THEN max(high)
            WHEN max(block_high) >= 1 THEN 1 ELSE 0 END AS high,
        max(is_plain) AS is_plain,
        max(opens) AS opens,
        max(clicks) AS clicks,
        max(answers) AS answers,
        max(read_at) AS read_at
    FROM judged
    WHERE by_week
    GROUP BY
        person_no, is_block, CASE WHEN is_block = 1 THEN spell_no END,
        CASE WHEN is_block = 1 THEN block_at END,
        CAST(date_trunc('week', sent_at AT TIME ZONE 'UTC' AT TIME ZONE time_zone) AS DATE)
)
SELECT
    person_no,
    CAST(post_no AS BIGINT) AS unit_no,
    sent_at,
    outcome,
    low,
    high,
    is_settled,
    is_plain,
    opens,
    clicks,
    answers,
    read_at
FROM judged
WHERE NOT by_week
UNION ALL
SELECT
    person_no,
    CAST(date_diff('day', DATE '1970-01-05', week) // 7 AS BIGINT),
    min(sent_at),
    max(outcome),
    max(low),
    max(high),
    1,
    max(is_plain),
    max(opens),
    max(clicks),
    max(answers),
    max(read_at)
FROM weeks
GROUP BY person_no, week
;
-- Everybody active at `as_of`, once, with what their last posts say and the state that follows.
--   hidden         at least half of the last 26 posts show nothing but machines
--   newcomer       fewer posts than the rule looks at have reached them
--   uncertain      opened nearly all of at least 8 and did nothing else that only a person does
--   regular        read at least `needed_reads` of the last `last_posts` that can be judged
--   not_measured   did not, but fewer than `last_posts` of their posts can be judged
--   cannot_tell    did so or did not, depending on which posts of a block were read
--   occasional     everybody else
-- The last posts that can be judged are looked for among the last 2 * `last_posts` that reached
-- somebody: who clicked four times in years without recorded opens is no regular.
CREATE MACRO people_reading(
    publication_name, as_of, needed_reads, last_posts, by_week, time_zone
) AS TABLE
WITH present AS (
    SELECT person_id, person_no, since_at
    FROM current_spells(publication_name, as_of)
    GROUP BY person_id, person_no, since_at
),
clickers AS (       -- running totals show a click without its post
    SELECT spells_now.person_no
    FROM counters
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = counters.connection
        AND spells_now.subscription_id = counters.subscription_id
        AND spells_now.starts_at <= counters.was_at
    WHERE counters.publication = publication_name
        AND counters.clicked > counters.was_clicked
        AND counters.seen_at < as_of
    GROUP BY spells_now.person_no
    UNION           -- or a segment shows it with its post
    SELECT spells_now.person_no
    FROM named_reads(publication_name, as_of) AS named
    JOIN current_spells(publication_name, as_of) AS spells_now
        ON spells_now.connection = named.connection
        AND spells_now.subscription_id = named.subscription_id
        AND spells_now.starts_at <= named.sent_at
        AND spells_now.ends_at > named.sent_at
    WHERE named.is_clicked = 1
    GROUP BY spells_now.person_no
),
speakers AS (
    SELECT
        person_id,
        max(CASE WHEN kind = 'reply' AND answered_at >= as_of - INTERVAL 182 DAY THEN 1 ELSE 0 END)
            AS wrote_back,
        max(answered_at) AS last_answer_at
    FROM answers_given(publication_name, as_of)
    WHERE person_id IS NOT NULL
    GROUP BY person_id
),
ranked AS (
    SELECT
        *,
        count(*) OVER newest_first AS place_reached,
        count(CASE WHEN outcome = 1 THEN 1 END) OVER newest_first AS place,
        count(CASE WHEN outcome >= 0 THEN 1 END) OVER newest_first AS place_seen
    FROM opportunities(publication_name, as_of, by_week, time_zone)
    WINDOW newest_first AS (
        PARTITION BY person_no ORDER BY 4 * unit_no + 2 * low + high DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
placed AS (
    SELECT
        *,
        CASE WHEN outcome = 1 AND place <= last_posts AND place_reached <= 2 * last_posts
            THEN 1 ELSE 0 END AS is_looked_at
    FROM ranked
),
summed AS (
    SELECT
        person_no,
        sum(is_looked_at) AS posts_judged,
        sum(CASE WHEN outcome = 1 THEN 1 ELSE 0 END) AS opportunities,
        count(*) AS posts_reached,
        sum(is_looked_at * low) AS reads_low,
        sum(is_looked_at * high) AS reads_high,
        sum(is_looked_at * opens) AS opens,
        sum(is_looked_at * clicks) AS clicks,
        sum(is_looked_at * answers) AS answers,
        max(read_at) AS last_read_at,
        min(CASE WHEN is_looked_at = 1 AND low = 1 THEN sent_at END) AS first_read_post_at,
        sum(CASE WHEN outcome >= 0 AND place_seen <= 26 THEN 1 ELSE 0 END) AS seen,
        sum(CASE WHEN outcome = 0 AND place_seen <= 26 THEN 1 ELSE 0 END) AS machine_only,
        sum(CASE WHEN outcome = 1 AND place_seen <= 26 THEN low ELSE 0 END) AS seen_reads,
        sum(CASE WHEN outcome = 1 AND place_seen <= 26 THEN low - is_plain ELSE 0 END)
            AS seen_certain,
        sum(CASE WHEN outcome >= 0 AND place_seen <= 26 THEN clicks + answers ELSE 0 END)
            AS seen_acts
    FROM placed
    GROUP BY person_no
),
gathered AS (
    SELECT
        present.person_id,
        present.person_no,
        present.since_at,
        coalesce(summed.opportunities, 0) AS opportunities,
        coalesce(summed.posts_reached, 0) AS posts_reached,
        coalesce(summed.reads_low, 0) AS reads_low,
        coalesce(summed.reads_high, 0) AS reads_high,
        coalesce(summed.opens, 0) AS opens,
        coalesce(summed.clicks, 0) AS clicks,
        coalesce(summed.answers, 0) AS answers,
        coalesce(summed.posts_judged, 0) AS posts_judged,
        summed.last_read_at,
        summed.first_read_post_at,
        coalesce(summed.seen, 0) AS seen,
        coalesce(summed.machine_only, 0) AS machine_only,
        coalesce(summed.seen_reads, 0) AS seen_reads,
        CASE
            WHEN coalesce(summed.seen_certain, 0) + coalesce(summed.seen_acts, 0) > 0 THEN 1
            WHEN clickers.person_no IS NOT NULL OR speakers.person_id IS NOT NULL THEN 1
            ELSE 0
        END AS acted,
        coalesce(speakers.wrote_back, 0) AS wrote_back,
        speakers.last_answer_at
    FROM present
    LEFT JOIN summed ON summed.person_no = present.person_no
    LEFT JOIN clickers ON clickers.person_no = present.person_no
    LEFT JOIN speakers ON speakers.person_id = present.person_id
)
SELECT
    *,
    CASE
        WHEN machine_only > 0 AND 2 * machine_only >= seen THEN 'hidden'
        WHEN posts_reached < last_posts THEN 'newcomer'
        WHEN acted = 0 AND seen >= 8 AND machine_only = 0 AND 20 * seen_reads >= 19 * seen
            THEN 'uncertain'
        WHEN reads_low >= needed_reads THEN 'regular'
        WHEN posts_judged < last_posts THEN 'not_measured'
        WHEN reads_high >= needed_reads THEN 'cannot_tell'
        ELSE 'occasional'
    END AS state
FROM gathered
;
