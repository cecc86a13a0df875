"""Folded addresses in SQL, by the one rule of ``regulars_connectors.addresses``.

Almost every address is plain: visible ASCII signs that end with a letter or a digit. For these the
rule is ``lower``, in SQL as in Python. The few others are folded in Python beforehand, into a
temporary table that the statements join: ``coalesce(odd.address, lower(email))``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from regulars_connectors.addresses import fold_address

if TYPE_CHECKING:
    import duckdb

_IS_ODD = r"NOT regexp_full_match(email, '[!-~]*[0-9A-Za-z]')"


def fold_odd_addresses(
    cursor: duckdb.DuckDBPyConnection, source: str, values: dict[str, Any]
) -> None:
    """Make ``odd_addresses``: every odd address of a relation with a column ``email``, folded.

    source: SQL of this code alone. values: its parameters.
    """
    rows = cursor.execute(
        f"SELECT DISTINCT email FROM ({source}) WHERE {_IS_ODD}",  # noqa: S608
        values,
    ).fetchall()
    emails = [str(email) for (email,) in rows]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE odd_addresses AS"
        " SELECT unnest(CAST($emails AS VARCHAR[])) AS email,"
        " unnest(CAST($folded AS VARCHAR[])) AS address",
        {"emails": emails, "folded": [fold_address(email) for email in emails]},
    )


def spellings_of(
    cursor: duckdb.DuckDBPyConnection,
    addresses: Iterable[str],
    source: str = "SELECT email FROM words WHERE subject = 'subscription'",
    values: dict[str, Any] | None = None,
) -> Sequence[str]:
    """Every spelling of these addresses in a relation with a column ``email``, at least one text.

    source: SQL of this code alone. values: its parameters.
    """
    folded = {fold_address(address) for address in addresses}
    rows = cursor.execute(
        f"SELECT DISTINCT email FROM ({source})"  # noqa: S608
        f" WHERE {_IS_ODD} OR lower(email) IN (SELECT unnest(CAST($folded AS VARCHAR[])))",
        {"folded": sorted(folded)} | (values or {}),
    ).fetchall()
    return [str(email) for (email,) in rows if fold_address(str(email)) in folded] or [""]
