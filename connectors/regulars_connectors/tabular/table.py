"""A table of rows in a file: its columns, its key, and how a row becomes a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..addresses import address_fault, without_invisible
from ..contract import Stream
from ..instants import EARLIEST, LATEST, Instant
from ..records import Record

Cells: TypeAlias = Sequence[str]


Said: TypeAlias = Literal["active", "left", "bounced", "removed", "unknown"]


class RowRefused(ValueError):
    """This row cannot be taken; the text is the reason, in words for a person."""


@dataclass(frozen=True, slots=True)
class Table:
    """One file of the folder. ``to_record`` takes the cells in the order of ``columns``.

    required: what a file of our own form must name. key: what is needed of any file.
    times: the columns that hold times. long: those whose cells may be longer than 64 KiB.
    elsewhere: columns of the file that another table reads.
    """

    stream: Stream
    required: tuple[str, ...]
    optional: tuple[str, ...]
    key: tuple[str, ...]
    times: tuple[str, ...]
    to_record: Callable[[Cells, Instant], Record]
    long: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, str]:
        """The names that its file may have in the folder."""
        return f"{self.stream.name}.csv", f"{self.stream.name}.parquet"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, required ones first."""
        return self.required + self.optional


def plausible(instant: Instant, column: str) -> Instant:
    """The instant, if it is within the years of newsletters. Raises RowRefused."""
    if not EARLIEST <= instant < LATEST:
        raise RowRefused(f"{column} is before 1990 or after 2100")
    return instant


def address_in(cell: str, column: str) -> str | None:
    """The one address in a cell, None if it is empty. Raises RowRefused for anything else.

    ``Name <a@b>``, ``mailto:a@b`` and two addresses are none: taken as they stand, they would be
    people whom no reply and no other table ever finds.
    """
    address = without_invisible(cell)
    if not address:
        return None
    if fault := address_fault(address):
        raise RowRefused(f"{column} {fault}")
    return address
