-- What only a person does, of the people of `current_spells`, that no post of theirs shows by itself:
-- answers, and clicks of running totals. acted_at: the moment that counts it among the last posts.
-- alive_at: a moment at which they were certainly still there; of running totals, which tell no more
-- than that it was after the look before, that look.
CREATE MACRO acts(publication_name, as_of) AS TABLE
SELECT spells_now.person_no, counters.seen_at AS acted_at, counters.was_at AS alive_at
FROM counters
JOIN current_spells(publication_name, as_of) AS spells_now
    ON spells_now.connection = counters.connection
    AND spells_now.subscription_id = counters.subscription_id
    AND spells_now.starts_at <= counters.was_at
    AND spells_now.ends_at > counters.was_at
WHERE counters.publication = publication_name
    AND counters.clicked > greatest(counters.was_clicked, counters.top_clicked)
    AND counters.seen_at < as_of
UNION ALL       -- a segment shows a click with its post
SELECT spells_now.person_no, named.sent_at, named.sent_at
FROM named_reads(publication_name, as_of) AS named
JOIN current_spells(publication_name, as_of) AS spells_now
    ON spells_now.connection = named.connection
    AND spells_now.subscription_id = named.subscription_id
    AND spells_now.starts_at <= named.sent_at
    AND spells_now.ends_at > named.sent_at
WHERE named.is_clicked = 1
UNION ALL
SELECT standing.person_no, greatest(answers.alive_at, standing.since_at), answers.alive_at
FROM answers_given(publication_name, as_of) AS answers
JOIN (
    SELECT person_id, person_no, since_at, until_at
    FROM current_spells(publication_name, as_of)
    GROUP BY person_id, person_no, since_at, until_at
) AS standing
    ON standing.person_id = answers.person_id
    AND answers.answered_at >= standing.since_at
    AND answers.answered_at < standing.until_at
