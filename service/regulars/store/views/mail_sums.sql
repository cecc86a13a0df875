-- Sums that must agree: by how much the running totals of all people grew between two observations
-- of everybody, and by how much the posts' own sums and the days' grew between the same two. Spans:
-- `all` from the first to the last, `last` between the last two. Observations are runs that saw all
-- people and all posts before `as_of`. days is NULL if one of the two runs missed the days.
CREATE MACRO mail_sums(publication_name, as_of) AS TABLE
WITH looks AS (
    SELECT
        runs.connection,
        max(CASE WHEN streams.stream = 'subscriptions' THEN streams.ended_at END) AS people_at,
        max(CASE WHEN streams.stream = 'posts' THEN streams.ended_at END) AS posts_at,
        max(CASE WHEN streams.stream = 'days' THEN streams.ended_at END) AS days_at
    FROM runs
    JOIN run_streams AS streams ON streams.run_id = runs.run_id
    WHERE runs.publication = publication_name
        AND streams.ended_at < as_of
        AND streams.alarm IS NULL
        AND (
            (streams.stream IN ('subscriptions', 'posts') AND streams.outcome = 'whole')
            OR (streams.stream = 'days' AND streams.outcome = 'window')
        )
    GROUP BY runs.run_id, runs.connection
    HAVING people_at IS NOT NULL AND posts_at IS NOT NULL
),
ordered AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY connection ORDER BY people_at) AS place,
        row_number() OVER (PARTITION BY connection ORDER BY people_at DESC) AS place_back
    FROM looks
    WHERE connection IN (SELECT connection FROM counters WHERE publication = publication_name)
),
spans AS (
    SELECT
        'all' AS span,
        first.connection,
        first.people_at AS people_from,
        last.people_at AS people_to,
        first.posts_at AS posts_from,
        last.posts_at AS posts_to,
        first.days_at AS days_from,
        last.days_at AS days_to
    FROM ordered AS first
    JOIN ordered AS last ON last.connection = first.connection AND last.place_back = 1
    WHERE first.place = 1 AND last.place > 1
    UNION ALL
    SELECT
        'last',
        before.connection,
        before.people_at,
        last.people_at,
        before.posts_at,
        last.posts_at,
        before.days_at,
        last.days_at
    FROM ordered AS before
    JOIN ordered AS last ON last.connection = before.connection AND last.place_back = 1
    WHERE before.place_back = 2 AND before.place > 1
),
people AS (
    SELECT
        spans.connection,
        spans.span,
        sum(counters.received - counters.was_received) AS received,
        sum(counters.opened - counters.was_opened) AS opened
    FROM spans
    JOIN counters
        ON counters.connection = spans.connection
        AND counters.seen_at > spans.people_from
        AND counters.seen_at <= spans.people_to
    WHERE counters.was_at IS NOT NULL
    GROUP BY spans.connection, spans.span
),
grown_posts AS (
    SELECT
        spans.connection,
        spans.span,
        arg_max(totals.delivered, totals.entry) AS delivered,
        arg_max(totals.unique_opens, totals.entry) AS opened,
        arg_max(totals.delivered, totals.entry)
            FILTER (WHERE totals.seen_at <= spans.posts_from) AS was_delivered,
        arg_max(totals.unique_opens, totals.entry)
            FILTER (WHERE totals.seen_at <= spans.posts_from) AS was_opened
    FROM spans
    JOIN post_totals AS totals
        ON totals.connection = spans.connection AND totals.seen_at <= spans.posts_to
    GROUP BY spans.connection, spans.span, totals.id
),
posts_sum AS (
    SELECT
        connection,
        span,
        sum(coalesce(delivered, 0) - coalesce(was_delivered, 0)) AS delivered,
        sum(coalesce(opened, 0) - coalesce(was_opened, 0)) AS opened
    FROM grown_posts
    GROUP BY connection, span
),
grown_days AS (
    SELECT
        spans.connection,
        spans.span,
        arg_max(totals.unique_opens, totals.entry) AS opened,
        arg_max(totals.unique_opens, totals.entry)
            FILTER (WHERE totals.seen_at <= spans.days_from) AS was_opened
    FROM spans
    JOIN day_totals AS totals
        ON totals.connection = spans.connection AND totals.seen_at <= spans.days_to
    WHERE totals.mail = 'post' AND spans.days_from IS NOT NULL
    GROUP BY spans.connection, spans.span, totals.id
),
days_sum AS (
    SELECT
        connection, span, sum(coalesce(opened, 0) - coalesce(was_opened, 0)) AS opened
    FROM grown_days
    GROUP BY connection, span
)
SELECT
    spans.connection,
    spans.span,
    spans.people_from AS since_at,
    spans.people_to AS until_at,
    coalesce(people.received, 0) AS people_received,
    coalesce(people.opened, 0) AS people_opened,
    coalesce(posts_sum.delivered, 0) AS posts_delivered,
    coalesce(posts_sum.opened, 0) AS posts_opened,
    days_sum.opened AS days_opened
FROM spans
LEFT JOIN people ON people.connection = spans.connection AND people.span = spans.span
LEFT JOIN posts_sum ON posts_sum.connection = spans.connection AND posts_sum.span = spans.span
LEFT JOIN days_sum ON days_sum.connection = spans.connection AND days_sum.span = spans.span
