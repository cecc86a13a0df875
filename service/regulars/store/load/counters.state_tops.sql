-- The highest totals that counters.tops found, in the newest rows as well.
UPDATE counter_state SET
    top_received = counters.top_received,
    top_opened = counters.top_opened,
    top_clicked = counters.top_clicked
FROM counters
WHERE counter_state.epoch > 1
    AND counters.epoch > 1
    AND counters.connection = counter_state.connection
    AND counters.subscription_id = counter_state.subscription_id
    AND counters.entry = counter_state.entry
