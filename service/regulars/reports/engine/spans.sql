-- Everybody active at $as_of with their partition (span), of $span_people people each. People with
-- one subscription come first, in the order of its id: so the ids of a partition lie close together,
-- and most of a large table of totals is skipped. People with several subscriptions follow.
WITH spells_now AS (
    SELECT * FROM current_spells($publication, $as_of)
),
owners AS (
    SELECT
        person_no,
        min(subscription_id) AS first_id,
        CASE WHEN min(subscription_id) = max(subscription_id) THEN 0 ELSE 1 END AS has_several
    FROM spells_now
    GROUP BY person_no
),
placed AS (
    SELECT
        person_no,
        (row_number() OVER (ORDER BY has_several, first_id, person_no) - 1) // $span_people AS span
    FROM owners
)
SELECT spells_now.*, CAST(placed.span AS INTEGER) AS span
FROM spells_now
JOIN placed ON placed.person_no = spells_now.person_no
ORDER BY placed.span
