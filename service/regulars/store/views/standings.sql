-- Every standing that began by `as_of`, also of people who left: when it began and ended (until_at is
-- NULL while open), how it ended (open, left, censored), and by which door its first subscription
-- came. Of a subscription with several spells the door is that of the spell that began nearest.
CREATE MACRO standings(publication_name, as_of) AS TABLE
WITH stood AS (
    SELECT
        person_id,
        standing_no,
        any_value(since_at) AS since_at,
        any_value(CASE WHEN until_at <= as_of THEN until_at END) AS until_at,
        any_value(end_kind) AS end_kind,
        any_value(is_dated) AS is_dated,
        any_value(is_unsure) AS is_unsure,
        arg_min(
            {'connection': connection, 'subscription_id': subscription_id, 'starts_at': starts_at},
            {'starts_at': starts_at, 'spell_no': spell_no}
        ) AS first_spell
    FROM standing_spells(publication_name, as_of)
    GROUP BY person_id, standing_no
),
doors AS (
    SELECT
        stood.person_id,
        stood.standing_no,
        arg_min(
            {
                'channel': newest.channel, 'source': newest.source,
                'medium': newest.medium, 'campaign': newest.campaign
            },
            {
                'gap': abs(date_diff('second', newest.joined_at, stood.first_spell.starts_at)),
                'spell': newest.spell
            }
        ) AS door
    FROM stood
    JOIN subscriptions AS newest
        ON newest.connection = stood.first_spell.connection
        AND newest.subscription_id = stood.first_spell.subscription_id
    GROUP BY stood.person_id, stood.standing_no
)
SELECT
    stood.person_id,
    stood.standing_no,
    stood.since_at,
    stood.until_at,
    stood.end_kind,
    stood.is_dated,
    stood.is_unsure,
    doors.door.channel AS channel,
    doors.door.source AS source,
    doors.door.medium AS medium,
    doors.door.campaign AS campaign
FROM stood
LEFT JOIN doors
    ON doors.person_id = stood.person_id AND doors.standing_no = stood.standing_no
