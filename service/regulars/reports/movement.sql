-- Who moved: regulars who were none before, whoever fades or is quiet, whoever seemed gone at a
-- back-test and read since, and regulars of then who left and did not come again. readers_before:
-- the states at the moment looked back to.
WITH known AS (
    SELECT
        person_id,
        arg_min(connection, (connection, subscription_id)) AS connection,
        arg_min(subscription_id, (connection, subscription_id)) AS subscription_id
    FROM people
    WHERE publication = $publication
    GROUP BY person_id
),
open_ones AS (
    SELECT person_id FROM readers WHERE is_open GROUP BY person_id
),
moved AS (
    SELECT
        readers.*,
        readers_before.state AS before_state,
        coalesce(readers.was_p_here < 0.2, FALSE) AS was_gone,
        coalesce(readers.earlier_p_here < 0.2, FALSE) AS was_gone_earlier
    FROM readers
    LEFT JOIN readers_before
        ON readers_before.person_id = readers.person_id
        AND readers_before.standing_no = readers.standing_no
    WHERE readers.publication = $publication AND readers.as_of = $as_of
)
SELECT
    moved.person_id,
    known.connection,
    known.subscription_id,
    moved.state,
    moved.before_state AS was_state,
    moved.was_gone OR moved.was_gone_earlier AS seemed_gone,
    CAST(greatest(
        CASE WHEN moved.was_gone THEN moved.reads_since ELSE 0 END,
        CASE WHEN moved.was_gone_earlier THEN moved.reads_since_earlier ELSE 0 END
    ) AS BIGINT) AS reads_since,
    CAST(moved.reads_low AS BIGINT) AS reads_low,
    CAST(moved.reads_high AS BIGINT) AS reads_high,
    CAST(moved.posts_judged AS BIGINT) AS of,
    moved.was_usual_reads AS usual_reads,
    moved.last_read_at,
    CASE WHEN moved.state = 'regular'
        THEN coalesce(moved.held_since, moved.first_read_post_at) END AS since,
    CASE WHEN moved.state IN ('fading', 'quiet') THEN moved.held_until END AS until,
    CASE WHEN moved.state = 'left' THEN moved.until_at END AS left_at,
    moved.state = 'left' AND moved.end_kind = 'censored' AS is_unreachable
FROM moved
JOIN known ON known.person_id = moved.person_id
LEFT JOIN open_ones ON open_ones.person_id = moved.person_id
WHERE (moved.state = 'regular' AND moved.before_state IS DISTINCT FROM 'regular')
    OR moved.state IN ('fading', 'quiet')
    OR (moved.is_open AND moved.was_gone AND moved.reads_since >= 2)
    OR (moved.is_open AND moved.was_gone_earlier AND moved.reads_since_earlier >= 2)
    OR (NOT moved.is_open AND moved.before_state = 'regular' AND open_ones.person_id IS NULL)
ORDER BY moved.person_id, moved.standing_no
