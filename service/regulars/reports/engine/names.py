"""Names of people, for the page that only their writer sees. Reports carry ids alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from .facts import ask

if TYPE_CHECKING:
    import duckdb


class NameRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One person's name or address."""

    person_id: str
    name: str


def names_of(
    connection: duckdb.DuckDBPyConnection, publication: str, people: Sequence[str]
) -> dict[str, str]:
    """Name or address by person id, of the people with either."""
    values = {"publication": publication, "people": list(people)}
    rows = ask(connection, "names", values, NameRow) if people else []
    return {row.person_id: row.name for row in rows}
