"""The data of a publication, and the two acts that change it: renaming and removing.

The schema shows which tables have a column ``publication``, so that later tables are covered.
History files never change: those from before a rename carry the old name, and applying the act
gives their rows the new one. A removal names the files that it drops, and nothing needs them from
then on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..journal import Entry, Journal
from ..journal_index import NOBODY, key_of
from .replaced import REMOVED, ReplacedFiles

if TYPE_CHECKING:
    import duckdb

RENAMED = "publication_renamed"


@dataclass(slots=True)
class PublicationData:
    """What history and journal hold about one publication, under all of its names.

    entries: how many the journal has. with_files: the numbers of those that name history files.
    """

    names: list[str]
    entries: int = 0
    with_files: list[int] = field(default_factory=list)

    def files(self, journal: Journal) -> list[dict[str, Any]]:
        """Its history files as they are now. Reads the entries that name them."""
        replaced = ReplacedFiles(journal)
        return [
            file for number in self.with_files for file in replaced.files_of(journal.entry(number))
        ]


def all_publication_data(journal: Journal) -> dict[str, PublicationData]:
    """The data of each publication, by its current name.

    Uses the index, and reads only one entry for each name, plus the renames.
    """
    names: dict[bytes, str] = {}
    found: dict[str, PublicationData] = {}
    removed, renamed = key_of(REMOVED), key_of(RENAMED)
    for heading in journal.headings():
        if heading.publication == NOBODY:
            continue
        if heading.publication not in names:
            names[heading.publication] = journal.entry(heading.number).facts["publication"]
        owner = names[heading.publication]
        if heading.kind == removed:
            found.pop(owner, None)
            continue
        own = found.setdefault(owner, PublicationData([owner]))
        own.entries += 1
        if heading.files:
            own.with_files.append(heading.number)
        if heading.kind == renamed:
            after = journal.entry(heading.number).facts["to"]
            own.names.append(after)
            found[after] = found.pop(owner)
    return found


def last_name_of(journal: Journal, name: str) -> str | None:
    """The last new name of a publication once called ``name``, None without a rename."""
    key, last = key_of(name), None
    for heading in journal.headings():
        if heading.publication == key:
            last = heading
    # Later entries under the old name belong to another publication that took the name.
    if last is None or last.kind != key_of(RENAMED):
        return None
    return str(journal.entry(last.number).facts["to"])


def rename_rows(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Give every row of the publication its new name."""
    # An update in place took a third of the time of deleting and inserting, in equal memory.
    for table in tables_with(cursor, "publication"):
        cursor.execute(
            f"UPDATE {table} SET publication = $after WHERE publication = $before",  # noqa: S608 - names of our own tables
            {"before": entry.facts["publication"], "after": entry.facts["to"]},
        )


def remove_rows(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Delete every row of the publication, and of its connections in tables without the name."""
    named = tables_with(cursor, "publication")
    for table in named:
        cursor.execute(
            f"DELETE FROM {table} WHERE publication = $publication",  # noqa: S608
            {"publication": entry.facts["publication"]},
        )
    for table in tables_with(cursor, "connection"):
        if table not in named and entry.facts["connections"]:
            cursor.execute(
                f"DELETE FROM {table} WHERE connection IN (SELECT unnest($connections))",  # noqa: S608
                {"connections": entry.facts["connections"]},
            )


def tables_with(cursor: duckdb.DuckDBPyConnection, column: str) -> list[str]:
    """The store's tables that have a column of that name."""
    rows = cursor.execute(
        "SELECT table_name FROM duckdb_columns() JOIN duckdb_tables() USING (table_oid, table_name)"
        " WHERE column_name = $column AND NOT duckdb_tables.internal"
        " AND NOT duckdb_tables.temporary AND duckdb_tables.database_name = current_database()"
        " ORDER BY table_name",
        {"column": column},
    ).fetchall()
    return [str(row[0]) for row in rows]


def connections_of(cursor: duckdb.DuckDBPyConnection, publication: str) -> list[str]:
    """Connections whose rows all belong to this publication."""
    owners: dict[str, set[str]] = {}
    having = set(tables_with(cursor, "connection"))
    for table in tables_with(cursor, "publication"):
        if table not in having:
            continue
        rows = cursor.execute(
            f"SELECT DISTINCT connection, publication FROM {table}"  # noqa: S608
        ).fetchall()
        for connection, owner in rows:
            owners.setdefault(connection, set()).add(owner)
    return sorted(name for name, found in owners.items() if found == {publication})
