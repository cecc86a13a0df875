-- The units of the kept histories of a publication: place 0 is the newest, as in the bits.
CREATE MACRO units_of(publication_name, as_of) AS TABLE
SELECT * EXCLUDE (publication) FROM history_units WHERE publication = publication_name
