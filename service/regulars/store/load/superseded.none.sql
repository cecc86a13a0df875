-- What superseded.sql makes of a pull whose ids are all different.
CREATE OR REPLACE TEMP TABLE superseded (ordinal BIGINT, same_spell BOOLEAN)
