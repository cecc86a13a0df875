-- Personal data in a pull that differ from the known ones. People without any so far count as
-- empty. Digests are compared, and then only the rows that differ are read: texts in the join would
-- take half the memory limit for a few hundred thousand people. Rows stay in the order in which they
-- came: sorting texts by id took half of this statement's time and made the file a fifth larger,
-- and no query needs it.
COPY (
    WITH staged AS (
        SELECT p.ordinal, p.id, p.seen_at, hash(p.email, p.name, p.words) AS content
        FROM read_parquet($parts) AS p
        WHERE NOT EXISTS (SELECT 1 FROM superseded AS o WHERE o.ordinal = p.ordinal)
    ),
    known AS (
        SELECT id, hash(email, name, words) AS content FROM words
        WHERE connection = $connection AND subject = 'subscription'
    ),
    differing AS (
        SELECT s.ordinal FROM staged AS s LEFT JOIN known AS k ON k.id = s.id
        WHERE s.content <> coalesce(k.content, hash(NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR))
            AND NOT ($is_dated AND s.id IN (
                -- who was shown later: a look that lacked them said nothing of these words
                SELECT n.subscription_id FROM subscription_versions AS n
                JOIN staged AS d ON d.id = n.subscription_id
                WHERE $is_dated AND n.connection = $connection AND n.presence = 'present'
                    AND n.seen_at > d.seen_at
            ))
    )
    SELECT $publication AS publication, $connection AS connection, 'subscription' AS subject,
        p.id, p.email, p.name, CAST(NULL AS VARCHAR) AS text, p.words
    FROM read_parquet($parts) AS p
    WHERE p.ordinal IN (SELECT ordinal FROM differing)
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 20480, KV_METADATA {regulars_format: '1', stream: 'words'})
