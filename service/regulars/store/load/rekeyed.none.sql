-- What rekeyed.sql makes of a part in which every signal has an id.
CREATE OR REPLACE TEMP TABLE rekeyed (ordinal BIGINT, signal_key VARCHAR)
