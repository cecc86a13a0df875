-- The kept histories of a publication: one row for each standing, with a bit for each unit. They hold
-- for the instant that they were made for. A report about another one puts its own in their place.
CREATE MACRO histories_of(publication_name, as_of) AS TABLE
SELECT * EXCLUDE (publication) FROM histories WHERE publication = publication_name
