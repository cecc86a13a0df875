-- Who stands at $as_of and since when: of the people in `touched` by their standings, of others as kept.
CREATE OR REPLACE TEMP TABLE current_spells_rows AS
SELECT connection, starts_at, ends_at
FROM history_spells
WHERE publication = $publication AND person_id NOT IN (SELECT person_id FROM touched)
UNION ALL
SELECT connection, starts_at, ends_at
FROM standing_spells($publication, $as_of)
WHERE until_at > $as_of
