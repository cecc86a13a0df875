-- What single signals say of even spells and even posts, as bits. Whoever stood was reached, so a span
-- of time tells the posts that reached them. What they did sets bits of its own, one for each mark.
WITH posts AS (
    SELECT even.*, units.place
    FROM even_posts($publication, $as_of) AS even
    JOIN made_units AS units ON units.unit_no = even.post_no
),
sendings AS (       -- the posts of a connection from each of its sendings on
    SELECT
        early.connection,
        early.sent_at,
        min(late.post_no) AS post_no,
        bitstring_agg(late.place, 0, $last) AS reached,
        coalesce(
            bitstring_agg(late.place, 0, $last) FILTER (WHERE late.is_measured = 1),
            repeat('0', $last + 1)::BIT
        ) AS measured
    FROM (SELECT connection, sent_at FROM posts GROUP BY connection, sent_at) AS early
    JOIN posts AS late ON late.connection = early.connection AND late.sent_at >= early.sent_at
    GROUP BY early.connection, early.sent_at
),
stood AS (
    SELECT
        spells.person_no,
        min(since.post_no) AS first_unit,
        bit_or(since.reached & ~coalesce(after.reached, repeat('0', $last + 1)::BIT)) AS reached,
        bit_or(since.measured & ~coalesce(after.reached, repeat('0', $last + 1)::BIT)) AS measured
    FROM even_spells($publication, $as_of) AS spells
    ASOF JOIN sendings AS since
        ON since.connection = spells.connection AND since.sent_at >= spells.starts_at
    ASOF LEFT JOIN sendings AS after
        ON after.connection = spells.connection AND after.sent_at >= spells.ends_at
    WHERE since.sent_at < spells.ends_at
    GROUP BY spells.person_no
),
did AS (
    SELECT
        spells.person_no,
        max(posts.post_no) FILTER (WHERE marks.mark >= 4) AS last_life_unit,
        max(marks.marked_at) FILTER (WHERE marks.mark >= 2) AS last_read_at,
        bitstring_agg(posts.place, 0, $last) FILTER (WHERE marks.mark = 1) AS machines,
        bitstring_agg(posts.place, 0, $last) FILTER (WHERE marks.mark = 2) AS plain_opens,
        bitstring_agg(posts.place, 0, $last) FILTER (WHERE marks.mark = 3) AS sure_opens,
        bitstring_agg(posts.place, 0, $last) FILTER (WHERE marks.mark = 4) AS clicked,
        bitstring_agg(posts.place, 0, $last) FILTER (WHERE marks.mark = 6) AS answered
    FROM signal_marks($publication, $as_of) AS marks
    JOIN posts ON posts.mail_no = marks.mail_no
    JOIN even_spells($publication, $as_of) AS spells
        ON spells.connection = marks.connection
        AND spells.subscription_id = marks.subscription_id
    WHERE marks.mark > 0
        AND marks.marked_at >= spells.starts_at
        AND marks.sent_at >= spells.starts_at
        AND marks.sent_at < spells.ends_at
    GROUP BY spells.person_no
),
told AS (
    SELECT
        stood.*,
        did.last_life_unit,
        did.last_read_at,
        coalesce(did.machines, none) AS machines,
        coalesce(did.plain_opens, none) | coalesce(did.sure_opens, none) AS opened,
        coalesce(did.sure_opens, none) | coalesce(did.clicked, none) | coalesce(did.answered, none)
            AS certain,
        coalesce(did.plain_opens, none) | coalesce(did.sure_opens, none)
            | coalesce(did.clicked, none) | coalesce(did.answered, none) AS low,
        coalesce(did.clicked, none) AS clicked,
        coalesce(did.answered, none) AS answered
    FROM (SELECT *, repeat('0', $last + 1)::BIT AS none FROM stood) AS stood
    LEFT JOIN did ON did.person_no = stood.person_no
)
SELECT
    person_no,
    last_life_unit,
    first_unit,
    last_read_at,
    reached,
    reached & ~measured & ~low AS unseen,
    reached & ~low & (~measured | machines) AS unjudged,
    low,
    low AS high,
    CAST(NULL AS BIT) AS unsettled,
    certain,
    low & ~opened AS unopened,
    clicked,
    answered,
    reached & ~measured AS blind
FROM told
