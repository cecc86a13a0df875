-- The spells that belong to the present standing of everybody active at `as_of`. A report puts other
-- standings in the place of this view where it asks about people who left.
CREATE MACRO current_spells(publication_name, as_of) AS TABLE
SELECT * FROM standing_spells(publication_name, as_of) WHERE until_at > as_of
