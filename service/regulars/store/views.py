"""What counts as evidence, said once: the views of ``views/``, in the order of their use.

They are table macros with parameters (publication, ``as_of``), made when a database is made,
right after ``schema.sql``. Their text belongs to the digest of the schema: a changed definition
is a changed digest, and so a rebuild.
"""

from __future__ import annotations

from importlib.resources import files

VIEW_FILES: tuple[str, ...] = (
    "mailed_posts.sql",
    "spells.sql",
    "current_spells.sql",
    "answers_given.sql",
    "named_reads.sql",
    "judged_clicks.sql",
    "signal_opportunities.sql",
    "look_times.sql",
    "counter_looks.sql",
    "told_by_name.sql",
    "told_intervals.sql",
    "plain_intervals.sql",
    "counter_intervals.sql",
    "late_reads.sql",
    "mended_reads.sql",
    "counter_opportunities.sql",
    "opportunities.sql",
    "people_reading.sql",
    "habits.sql",
    "mail_sums.sql",
)


def view_statements() -> list[str]:
    """The statements that make the views, each depending only on those before it."""
    folder = files("regulars.store") / "views"
    return [(folder / name).read_text(encoding="utf-8") for name in VIEW_FILES]
