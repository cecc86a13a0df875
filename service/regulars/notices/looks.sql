-- What the newest looks at each stream noted. A look that was cut says what is odd, and nothing of
-- what is well again.
SELECT connection, stream, alarm, held_removals, held_changes, ended_at FROM run_streams
WHERE outcome IN ('whole', 'window')
OR (outcome = 'partial' AND (alarm IS NOT NULL OR held_removals > 0 OR held_changes > 0))
QUALIFY row_number() OVER (PARTITION BY connection, stream ORDER BY entry DESC) <= $most
ORDER BY connection, stream, entry DESC
