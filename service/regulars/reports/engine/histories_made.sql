-- What the kept histories of a publication are of, as they have just been written. An hour in which a
-- week closes ends them, too.
INSERT INTO histories_made BY NAME
SELECT
    $publication AS publication,
    $entry AS entry,
    $is_current AS is_current,
    $made_from AS made_from,
    least($holds_until::TIMESTAMP, (
        SELECT min(closes_at)
        FROM history_units
        WHERE publication = $publication AND closes_at > $made_from
    )) AS holds_until,
    $definition AS definition,
    $posts_digest AS posts_digest,
    $reach_digest AS reach_digest,
    $partly_digest AS partly_digest,
    $ties_digest AS ties_digest,
    $signals AS signals
