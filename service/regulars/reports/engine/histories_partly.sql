-- A digest of the posts that went to a part of the people, as set aside.
SELECT md5(coalesce(string_agg(line, chr(10) ORDER BY line), ''))
FROM (
    SELECT CAST(struct_pack(connection, post_id, list_id, is_known, is_open) AS VARCHAR) AS line
    FROM partly_posts($publication, $as_of)
) AS lines
