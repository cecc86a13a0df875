"""The views of ``views/``, which define what counts as evidence, in the order of their use.

They are table macros with parameters (publication, ``as_of``), made in a new database right after
``schema.sql``. Their text belongs to the digest of the schema, so a changed definition causes a
rebuild.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .sql_files import sql_text

if TYPE_CHECKING:
    import duckdb

VIEW_FILES: tuple[str, ...] = (
    "sent_posts.sql",
    "dated_posts.sql",
    "told_posts.sql",
    "same_posts.sql",
    "first_opens.sql",
    "mailed_posts.sql",
    "single_spells.sql",
    "spells.sql",
    "standing_spells.sql",
    "current_spells.sql",
    "standings.sql",
    "tied_letters.sql",
    "letters_given.sql",
    "replies_given.sql",
    "answers_given.sql",
    "named_reads.sql",
    "post_links.sql",
    "judged_clicks.sql",
    "parted_posts.sql",
    "list_readers.sql",
    "partly_posts.sql",
    "first_sends.sql",
    "delivered_posts.sql",
    "even_posts.sql",
    "doubled_people.sql",
    "even_spells.sql",
    "signal_marks.sql",
    "signal_rows.sql",
    "signal_opportunities.sql",
    "look_times.sql",
    "missed_mails.sql",
    "first_looks.sql",
    "counter_looks.sql",
    "shared_evidence.sql",
    "named_evidence.sql",
    "named_intervals.sql",
    "plain_intervals.sql",
    "counter_intervals.sql",
    "late_reads.sql",
    "mended_reads.sql",
    "counter_opportunities.sql",
    "doubled_opportunities.sql",
    "opportunities.sql",
    "acts.sql",
    "people_reading.sql",
    "habits.sql",
    "mail_sums.sql",
    "histories_of.sql",
    "units_of.sql",
)


_SIGNATURE = re.compile(r"^CREATE MACRO \w+\(\s*(\w+)[^)]*\) AS TABLE$", re.MULTILINE)


def view_statements() -> list[str]:
    """The statements that make the views, each depending only on earlier ones."""
    return [sql_text(name.removesuffix(".sql"), "store/views") for name in VIEW_FILES]


def create_views(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make every view in a database that has the tables and none of the views.

    DuckDB binds a macro when it is created, with every macro that it names, and forgets the
    result: made in the order of their use, the views take ten times as long as the tables. A shell
    that returns its own parameter ends the binding of a macro that names it, since the type of a
    parameter stays open until the call. So shells come first, and the views replace them from the
    last to the first: each finds shells below it.
    """
    texts = view_statements()
    cursor.execute(";\n".join(_shell(text) for text in texts))
    for text in reversed(texts):
        cursor.execute(text.replace("CREATE MACRO", "CREATE OR REPLACE MACRO", 1))


def _shell(text: str) -> str:
    """A macro with the same name and parameters that depends on nothing."""
    signature = _SIGNATURE.search(text)
    if signature is None:
        raise ValueError(f"no CREATE MACRO with a parameter: {text}")
    return f"{signature[0]} SELECT {signature[1]} AS open_type"
