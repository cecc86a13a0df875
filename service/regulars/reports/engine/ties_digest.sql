-- A digest of all ties of letters: those of one publication decide whose a letter is in another.
SELECT CAST(coalesce(bit_xor(hash(ties)), 0) AS VARCHAR) FROM letter_ties AS ties
