-- What single signals say of everybody active at `as_of`, a row for each post that reached them, as in
-- `signal_rows`. Who makes histories puts those in its place that spans of time do not tell.
CREATE MACRO signal_opportunities(publication_name, as_of) AS TABLE
SELECT * FROM signal_rows(publication_name, as_of, FALSE)
