-- What the letters of each person say, as it is kept.
CREATE OR REPLACE TEMP TABLE made_replies AS
SELECT person_id, digest FROM history_replies WHERE publication = $publication
