-- The histories of the people of one partition, from what can be judged about them. $last: the index
-- of the oldest unit. What is proved of one of several mails of a unit is proved of the unit. Setting
-- bits is most of what this costs: so what is true of most units is told by the others, and what even
-- posts say of even spells comes from `made_even`, as bits.
WITH placed AS (
    SELECT found.*, units.place
    FROM opportunities($publication, $as_of, $by_week, $time_zone) AS found
    JOIN made_units AS units ON units.unit_no = found.unit_no
),
sendings AS (
    SELECT first_sent_at AS sent_at, min(place) AS place, max(unit_no) AS unit_no
    FROM made_units
    GROUP BY first_sent_at
),
acts_now AS (
    SELECT * FROM acts($publication, $as_of)
),
moments AS (        -- few, since looks are at many people at once
    SELECT moments.moment, sendings.place, sendings.unit_no
    FROM (
        SELECT acted_at AS moment FROM acts_now UNION SELECT alive_at FROM acts_now
    ) AS moments
    ASOF LEFT JOIN sendings ON sendings.sent_at <= moments.moment
),
acted AS (
    SELECT
        acts_now.person_no,
        max(alive.unit_no) AS last_life_unit,
        bitstring_agg(coalesce(acted.place, $last), 0, $last) AS acted
    FROM acts_now
    JOIN moments AS acted ON acted.moment = acts_now.acted_at
    JOIN moments AS alive ON alive.moment = acts_now.alive_at
    GROUP BY acts_now.person_no
),
by_row AS (
    SELECT
        person_no,
        -- within a block it is open which of the posts it was
        max(unit_no) FILTER (WHERE low = 1 AND high = 1 AND (clicks > 0 OR answers > 0))
            AS last_life_unit,
        min(unit_no) AS first_unit,
        max(read_at) AS last_read_at,
        bitstring_agg(place, 0, $last) AS reached,
        bitstring_agg(place, 0, $last) FILTER (WHERE outcome < 0) AS unseen,
        bitstring_agg(place, 0, $last) FILTER (WHERE outcome < 1) AS unjudged,
        bitstring_agg(place, 0, $last) FILTER (WHERE low = 1) AS low,
        bitstring_agg(place, 0, $last) FILTER (WHERE high = 1) AS high,
        bitstring_agg(place, 0, $last) FILTER (WHERE is_settled = 0) AS unsettled,
        bitstring_agg(place, 0, $last) FILTER (WHERE is_plain < low) AS certain,
        bitstring_agg(place, 0, $last) FILTER (WHERE opens < low) AS unopened,
        bitstring_agg(place, 0, $last) FILTER (WHERE clicks > 0) AS clicked,
        bitstring_agg(place, 0, $last) FILTER (WHERE answers > 0) AS answered,
        bitstring_agg(place, 0, $last) FILTER (WHERE is_blind = 1) AS blind
    FROM placed
    GROUP BY person_no
),
bits AS (           -- no post of a person is in both
    SELECT
        person_no,
        max(last_life_unit) AS last_life_unit,
        min(first_unit) AS first_unit,
        max(last_read_at) AS last_read_at,
        bit_or(reached) AS reached,
        bit_or(unseen) AS unseen,
        bit_or(unjudged) AS unjudged,
        bit_or(low) AS low,
        bit_or(high) AS high,
        bit_or(unsettled) AS unsettled,
        bit_or(certain) AS certain,
        bit_or(unopened) AS unopened,
        bit_or(clicked) AS clicked,
        bit_or(answered) AS answered,
        bit_or(blind) AS blind
    FROM (SELECT * FROM by_row UNION ALL BY NAME SELECT * FROM made_even) AS made
    GROUP BY person_no
),
blocks AS (         -- of several the largest, and none where single posts are judged before its end
    SELECT
        looks.person_no,
        max(looks.reached) AS block_reached,
        arg_max(looks.reads_low, {'reached': looks.reached, 'spell_no': looks.spell_no})
            AS block_low,
        arg_max(looks.reads_high, {'reached': looks.reached, 'spell_no': looks.spell_no})
            AS block_high,
        max(looks.is_clicked) AS block_clicked
    FROM first_looks($publication, $as_of) AS looks
    LEFT JOIN bits ON bits.person_no = looks.person_no
    LEFT JOIN made_units AS oldest ON oldest.unit_no = bits.first_unit
    WHERE oldest.unit_no IS NULL OR oldest.first_sent_at > looks.seen_at
    GROUP BY looks.person_no
),
owners AS (
    SELECT person_no, repeat('0', $last + 1)::BIT AS none
    FROM current_spells($publication, $as_of) GROUP BY person_no
)
SELECT
    $publication AS publication,
    facts.person_id,
    facts.standing_no,
    facts.since_at,
    facts.until_at,
    facts.end_kind,
    facts.is_dated,
    facts.is_unsure,
    facts.channel,
    facts.source,
    facts.medium,
    facts.campaign,
    CAST(bits.first_unit AS INTEGER) AS first_unit,
    CAST(greatest(bits.last_life_unit, acted.last_life_unit) AS INTEGER) AS last_life_unit,
    coalesce(blocks.block_reached, 0) AS block_reached,
    coalesce(blocks.block_low, 0) AS block_low,
    coalesce(blocks.block_high, 0) AS block_high,
    coalesce(blocks.block_clicked, 0) AS block_clicked,
    bits.last_read_at,
    facts.last_answer_at,
    facts.last_reply_at,
    coalesce(reached, none) AS reached,
    coalesce(reached & ~coalesce(unseen, none), none) AS seen,
    coalesce(reached & ~coalesce(unjudged, none), none) AS judged,
    coalesce(low, none) AS low,
    coalesce(high, none) AS high,
    coalesce(reached & ~coalesce(unjudged, none) & ~coalesce(unsettled, none), none) AS settled,
    coalesce(low & ~coalesce(certain, none), none) AS plain,
    coalesce(low & ~coalesce(unopened, none), none) AS opened,
    coalesce(clicked, none) AS clicked,
    coalesce(answered, none) AS answered,
    coalesce(clicked, none) | coalesce(answered, none) | coalesce(acted.acted, none) AS acted,
    coalesce(blind, none) AS blind
FROM owners
JOIN made_facts AS facts ON facts.person_no = owners.person_no
LEFT JOIN bits ON bits.person_no = owners.person_no
LEFT JOIN acted ON acted.person_no = owners.person_no
LEFT JOIN blocks ON blocks.person_no = owners.person_no
