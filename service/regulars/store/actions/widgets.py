"""What widgets have shown to the public, which stays as it was published.

The first document committed for a widget and a period stands, whatever the store learns later. It
survives restarts and rebuilds because it is in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from regulars_connectors.instants import Instant

from ..journal import Entry
from ..mending import asked_again
from ..protocols import WritableStore
from ..timestamps import stored_moment

if TYPE_CHECKING:
    import duckdb

KIND = "published"


def publish(
    store: WritableStore,
    *,
    widget: str,
    former: Sequence[str] = (),
    publication: str,
    period: str,
    document: str,
    at: Instant,
) -> str:
    """Commit what a widget shows of a period. Returns the document that stands (it may be older).

    widget: its key. former: its earlier keys. document: JSON. Durable when this returns.
    """
    with store.writing:
        store.catch_up()
        standing = published(store, [widget, *former], period)
        if standing is not None:
            return standing
        store.append(
            {
                "kind": KIND,
                "at": at,
                "widget": widget,
                "publication": publication,
                "period": period,
                "document": document,
            }
        )
    return document


@asked_again
def published(store: WritableStore, keys: Sequence[str], period: str) -> str | None:
    """The document that a widget has shown of a period, as JSON. None if it showed none.

    keys: all that the widget has or had. The first document under any of them stands.
    """
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT document FROM published WHERE list_contains($keys, widget)"
            " AND period = $period ORDER BY entry LIMIT 1",
            {"keys": list(keys), "period": period},
        ).fetchall()
    return str(rows[0][0]) if rows else None


@asked_again
def published_periods(store: WritableStore, keys: Sequence[str]) -> list[str]:
    """The periods with a published figure of the widget, oldest first."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT period FROM published WHERE list_contains($keys, widget)"
            " GROUP BY period ORDER BY min(entry)",
            {"keys": list(keys)},
        ).fetchall()
    return [str(period) for (period,) in rows]


def apply(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Put a published document into its table."""
    names = ("widget", "publication", "period", "document")
    cursor.execute(
        "INSERT INTO published BY NAME SELECT $widget AS widget, $publication AS publication,"
        " $period AS period, $document AS document, $shown_at AS shown_at, $entry AS entry",
        {name: entry.facts[name] for name in names}
        | {"shown_at": stored_moment(entry.facts["at"]), "entry": entry.number},
    )
