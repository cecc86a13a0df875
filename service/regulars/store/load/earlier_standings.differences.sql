-- What an export says of the time before a newer one (subscriptions.earlier.sql), without what would
-- take too many people.
COPY (
    SELECT $publication AS publication, $connection AS connection, * EXCLUDE (told_by, is_leaving)
    FROM earlier_standings
    WHERE NOT ($hold_removals AND told_by = 'absence') AND NOT ($hold_changes AND is_leaving = 1)
    ORDER BY subscription_id, spell, seen_at
) TO $target (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 20480, KV_METADATA {regulars_format: '1', stream: 'earlier_standings'})
