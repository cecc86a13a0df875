-- Whether kept histories hold at $as_of: a row, or none. At the instant at which they were made they do,
-- also where something changes right after it.
SELECT 1
FROM histories_made
WHERE publication = $publication
    AND is_current
    AND definition = $definition
    AND made_from <= $as_of
    AND (holds_until IS NULL OR holds_until > $as_of OR made_from = $as_of)
