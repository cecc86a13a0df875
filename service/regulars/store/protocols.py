"""A store as its readers see it: ``Store`` itself, or a stand-in in tests."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from .journal import Entry

if TYPE_CHECKING:
    import duckdb


class Readable(Protocol):
    """What it needs of a store."""

    def count(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor for whoever answers a report, one at a time."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor for one call, from one thread."""

    def standing(self, publication: str) -> tuple[int, str]:
        """Number and digest of the last entry of its journal that concerns the publication."""


class PublishingStore(Protocol):
    """A store that can be read and added to: ``Store``, or a stand-in in tests."""

    @property
    def writing(self) -> AbstractContextManager[bool]:
        """Held by whoever writes."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor for one call."""

    def catch_up(self) -> None:
        """Take up entries that the tables lack."""

    def append(self, facts: dict[str, object]) -> Entry:
        """Commit an entry and bring the tables up to it."""


class KeepingStore(PublishingStore, Protocol):
    """A store that keeps what is published, and the secret of the rounding."""

    @property
    def secret(self) -> bytes:
        """The store's secret."""


class ReadableStore(Readable, Protocol):
    """A store as its readers see it: ``regulars.store.Store``, or a stand-in in tests."""

    @property
    def version(self) -> int:
        """Number of the last journal entry that the tables contain."""

    @property
    def secret(self) -> bytes:
        """The store's secret, for keyed rounding."""

    def free_space_ok(self) -> bool:
        """Whether there is room to go on safely."""


class ServedStore(ReadableStore, PublishingStore, Protocol):
    """A store that also keeps what widgets show."""
