-- A digest of what histories tell of everybody at once: the posts, and to whom of them they went.
SELECT md5(coalesce(string_agg(line, chr(10) ORDER BY line), ''))
FROM (
    SELECT 'mailed ' || CAST(struct_pack(
        connection, post_id, sent_at, matured_at, ordinal, mail_no, post_no, is_shared, is_matured,
        by_counters, is_measured
    ) AS VARCHAR) AS line
    FROM mailed_posts($publication, $as_of)
    UNION ALL
    SELECT 'known ' || CAST(struct_pack(connection, id, form, status, sent_at, presence) AS VARCHAR)
    FROM posts
    WHERE publication = $publication
    UNION ALL
    SELECT 'parted ' || CAST(struct_pack(connection, post_id, list_id, is_known) AS VARCHAR)
    FROM parted_posts($publication)
) AS lines
