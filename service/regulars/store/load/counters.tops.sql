-- A template: store/statements.py fills in what follows an at sign, for each stream by its table.
-- Versions before 0.3 began a new epoch without a past when a total fell. Their rows get the highest
-- totals seen before, so that a rise to a known height proves nothing there either. Rows of this
-- version bring them along, and then nothing is found.
UPDATE counters SET
    top_received = nullif(before.top_received, counters.was_received),
    top_opened = nullif(before.top_opened, counters.was_opened),
    top_clicked = nullif(before.top_clicked, counters.was_clicked)
FROM (
    SELECT
        connection,
        subscription_id,
        entry,
        max(received) OVER earlier AS top_received,
        max(opened) OVER earlier AS top_opened,
        max(clicked) OVER earlier AS top_clicked
    FROM counters
    WHERE (connection, subscription_id) IN (
        SELECT connection, subscription_id FROM @rows AS rows WHERE epoch > 1
    )
    WINDOW earlier AS (
        PARTITION BY connection, subscription_id ORDER BY entry
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
) AS before
WHERE counters.epoch > 1
    AND before.connection = counters.connection
    AND before.subscription_id = counters.subscription_id
    AND before.entry = counters.entry
