-- How many rows of a pull of subscriptions a later row of the same spell replaces.
SELECT count(*) FROM superseded WHERE same_spell
