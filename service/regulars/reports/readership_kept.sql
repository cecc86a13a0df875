-- The summary of the kept fit of a publication, if it was made from the histories that are kept now.
SELECT readerships.summary
FROM readerships
JOIN histories_made AS made
    ON made.publication = readerships.publication
    AND made.entry = readerships.entry
    AND made.made_from = readerships.made_from
WHERE readerships.publication = $publication AND readerships.definition = $definition
