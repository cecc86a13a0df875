"""What the journal brought since histories were made, and whether it tells whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from regulars.store import Store
from regulars.store.actions import letters
from regulars.store.actions.registry import WITHOUT_FIGURES

if TYPE_CHECKING:
    import duckdb

# What a pull or a part may bring without changing what is known of people whom it does not name.
_KINDS = ("pull", "part", "run")
_SIGNALS = frozenset(("signals", "segment_results"))
_OF_PEOPLE = _SIGNALS | frozenset(("subscriptions", "people", "words", "counters"))
# What letters say of people changes with these, or with their ties.
_OF_LETTERS = frozenset(("letters", "posts", "people", "subscriptions"))
# Letters name nobody: whose they are is told by what all letters say, before and now.
_OF_NOBODY = frozenset(
    ("publications", "posts", "questions", "days", "lists", "letters", "post_texts")
)


@dataclass(frozen=True, slots=True)
class HistoriesBefore:
    """The histories that are kept so far. entry: the last journal entry that they contain."""

    entry: int
    holds_until: datetime | None
    definition: str
    posts_digest: str
    reach_digest: str
    partly_digest: str
    ties_digest: str
    signals: int


@dataclass(frozen=True, slots=True)
class HistoryNews:
    """What has come since. anything: besides records of runs. has_signals: single signals.
    has_letters: what letters say may differ, with the same ties.
    is_plain: whether all of it names the people whom it concerns, or concerns nobody.
    """

    anything: bool
    has_signals: bool
    has_letters: bool
    is_plain: bool


def histories_before(
    connection: duckdb.DuckDBPyConnection, publication: str
) -> HistoriesBefore | None:
    """What is kept of a publication. None: nothing."""
    found = connection.execute(
        "SELECT entry, holds_until, definition, posts_digest, reach_digest, partly_digest,"
        " ties_digest, signals FROM histories_made WHERE publication = $publication",
        {"publication": publication},
    ).fetchone()
    return HistoriesBefore(*found) if found else None


def news_since(store: Store, publication: str, after: int, until: int) -> HistoryNews:
    """What the journal brought of a publication after one entry, and up to another."""
    anything, has_signals, has_letters, is_plain = False, False, False, after <= until
    for entry in store.journal.entries(after):
        about = entry.facts.get("publication")
        if entry.number > until:
            break
        if about not in (None, publication) or entry.kind in WITHOUT_FIGURES:
            continue
        streams = {str(file["stream"]) for file in entry.files}
        anything = anything or bool(streams)
        has_signals = has_signals or bool(streams & _SIGNALS)
        is_word = entry.kind == letters.KIND
        has_letters = has_letters or is_word or bool(streams & _OF_LETTERS)
        known = entry.kind in _KINDS and streams <= _OF_PEOPLE | _OF_NOBODY
        is_plain = is_plain and (known or is_word)
    return HistoryNews(anything, has_signals, has_letters, is_plain)
