"""Which views have no rows, told by a glance at the rows that they need.

Planning a view costs more than reading a small store, and most publications lack something: a
second connection, running totals, people in two connections. A view that needs it is then replaced
by an empty table of its shape. Its own definition would say the same, after being planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

LOOKS = "counters WHERE publication = $publication AND was_at IS NOT NULL AND seen_at < $as_of"
MAILED = "mailed_posts($publication, $as_of)"
EVEN = "even_posts($publication, $as_of)"
# Matured posts, or spells, of which single signals tell and bits do not.
ODD = (
    f"(SELECT 1 FROM {MAILED} AS mailed ANTI JOIN {EVEN} AS even ON even.mail_no = mailed.mail_no"  # noqa: S608 - of names above
    " WHERE mailed.is_matured = 1 AND mailed.by_counters = 0"
    f" UNION ALL SELECT 1 FROM current_spells($publication, $as_of) AS spells SEMI JOIN {EVEN} AS"
    " even ON even.connection = spells.connection ANTI JOIN even_spells($publication, $as_of) AS"
    " alone ON alone.spell_no = spells.spell_no)"
)
# What follows FROM, best of views that are set aside already. Without such a row a view is empty.
NEEDED: dict[str, str] = {
    "same_posts": (
        "(SELECT count(DISTINCT connection) AS connections FROM sent_posts($publication))"
        " WHERE connections > 1"
    ),
    "list_readers": "parted_posts($publication) WHERE list_id IS NOT NULL",
    "missed_mails": "parted_posts($publication) WHERE list_id IS NOT NULL AND is_known = 1",
    "partly_posts": (
        "parted_posts($publication) AS parted"
        f" JOIN {MAILED} AS mailed USING (connection, post_id)"
        " WHERE mailed.by_counters = 0 AND mailed.is_matured = 1"
    ),
    "letters_given": "letter_ties WHERE publication = $publication",
    "named_reads": f"{MAILED} WHERE by_counters = 1 AND is_matured = 1",
    "signal_opportunities": f"{MAILED} WHERE by_counters = 0 AND is_matured = 1",
    "named_intervals": "named_evidence($publication, $as_of)",
    "counter_intervals": LOOKS,
    "counter_opportunities": LOOKS,
    "shared_evidence": f"{MAILED} WHERE is_shared = 1",
    "doubled_people": f"{MAILED} WHERE is_shared = 1",
    "doubled_opportunities": "doubled_people($publication, $as_of)",
    "mended_reads": "late_reads($publication, $as_of)",
}
INTERVALS = (
    "person_no INTEGER, spell_no INTEGER, connection VARCHAR, was_at TIMESTAMP,"
    " seen_at TIMESTAMP, first_ordinal INTEGER, last_ordinal INTEGER, eligible BIGINT[],"
    " posts_between INTEGER, received BIGINT, reached INTEGER, unmatured INTEGER, opened BIGINT,"
    " clicked BIGINT, answers INTEGER, matured_answers INTEGER, matured_known INTEGER,"
    " is_open INTEGER, is_surplus INTEGER, reads_low INTEGER, reads_high INTEGER,"
    " late_reads BIGINT, late_clicks INTEGER"
)
SHAPES: dict[str, str] = {
    "same_posts": (
        "connection VARCHAR, post_id VARCHAR, matched_by VARCHAR, issue_connection VARCHAR,"
        " issue_post_id VARCHAR"
    ),
    "list_readers": (
        "connection VARCHAR, post_id VARCHAR, subscription_id VARCHAR, is_certain INTEGER"
    ),
    "missed_mails": "spell_no INTEGER, ordinals INTEGER[]",
    "partly_posts": (
        "connection VARCHAR, post_id VARCHAR, list_id VARCHAR, is_known INTEGER, is_open INTEGER"
    ),
    "letters_given": (
        "source VARCHAR, reply_id VARCHAR, connection VARCHAR, subscription_id VARCHAR,"
        " person_id VARCHAR, post_connection VARCHAR, post_id VARCHAR, issue_connection VARCHAR,"
        " issue_post_id VARCHAR, rung INTEGER, is_evidence INTEGER, answered_at TIMESTAMP,"
        " alive_at TIMESTAMP, words BIGINT"
    ),
    "named_reads": (
        "connection VARCHAR, subscription_id VARCHAR, ordinal BIGINT, sent_at TIMESTAMP,"
        " is_opened INTEGER, is_clicked INTEGER"
    ),
    "signal_opportunities": (
        "person_no INTEGER, post_no BIGINT, sent_at TIMESTAMP, outcome INTEGER, is_read INTEGER,"
        " is_plain INTEGER, opens INTEGER, clicks INTEGER, answers INTEGER, is_blind INTEGER,"
        " read_at TIMESTAMP"
    ),
    "named_intervals": INTERVALS,
    "counter_intervals": INTERVALS,
    "counter_opportunities": (
        "person_no INTEGER, spell_no INTEGER, post_no INTEGER, sent_at TIMESTAMP, low INTEGER,"
        " high INTEGER, block_size INTEGER, block_low INTEGER, block_high INTEGER,"
        " is_block INTEGER, is_settled INTEGER, block_at TIMESTAMP, is_late INTEGER,"
        " clicks INTEGER, answers INTEGER, is_blind INTEGER, read_at TIMESTAMP"
    ),
    "shared_evidence": (
        "spell_no INTEGER, ordinal BIGINT, is_matured INTEGER, is_answered INTEGER,"
        " is_opened INTEGER, is_clicked INTEGER"
    ),
    "doubled_people": "person_no INTEGER",
    "doubled_opportunities": (
        "person_no INTEGER, spell_no INTEGER, post_no BIGINT, sent_at TIMESTAMP, outcome INTEGER,"
        " low INTEGER, high INTEGER, block_size INTEGER, block_low INTEGER, block_high INTEGER,"
        " is_block INTEGER, is_settled INTEGER, block_at TIMESTAMP, is_plain INTEGER,"
        " opens INTEGER, clicks INTEGER, answers INTEGER, is_blind INTEGER,"
        " read_at TIMESTAMP"
    ),
    "mended_reads": (
        "spell_no INTEGER, seen_at TIMESTAMP, back INTEGER, seen_after TIMESTAMP, by_click INTEGER"
    ),
}


def has_rows(connection: duckdb.DuckDBPyConnection, source: str, values: dict[str, object]) -> bool:
    """Whether there is a row. ``source``: what follows FROM, with some of ``values``."""
    wanted = {name: value for name, value in values.items() if f"${name}" in source}
    found = connection.execute(f"SELECT 1 FROM {source} LIMIT 1", wanted)  # noqa: S608 - from above
    return found.fetchone() is not None
