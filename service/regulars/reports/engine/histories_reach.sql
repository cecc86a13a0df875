-- A digest of what is known of to how many people posts went.
SELECT md5(coalesce(string_agg(line, chr(10) ORDER BY line), ''))
FROM (
    SELECT CAST(struct_pack(connection, post_id, reach, is_restricted) AS VARCHAR) AS line
    FROM parted_posts($publication)
) AS lines
