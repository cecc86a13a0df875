-- Words about the people of a pull that differ from what is known.
COPY (
    WITH newest AS (
        SELECT id, max(ordinal) AS ordinal FROM read_parquet($parts) GROUP BY id
    ),
    staged AS (
        SELECT p.id, p.email, p.name, p.words
        FROM read_parquet($parts) AS p JOIN newest USING (id, ordinal)
    ),
    known AS (
        SELECT id, email, name, words FROM words
        WHERE connection = $connection AND subject = 'subscription'
    )
    SELECT $publication AS publication, $connection AS connection, 'subscription' AS subject,
        s.id, s.email, s.name, CAST(NULL AS VARCHAR) AS text, s.words
    FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
    WHERE (k.id IS NULL AND (s.email, s.name, s.words) IS DISTINCT FROM (NULL, NULL, NULL))
        OR (k.id IS NOT NULL
            AND (s.email, s.name, s.words) IS DISTINCT FROM (k.email, k.name, k.words))
    ORDER BY s.id
) TO $target (FORMAT parquet, COMPRESSION zstd, KV_METADATA {regulars_format: '1', stream: 'words'})
