"""What the API needs of a store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from regulars.store.published import PublishingStore

if TYPE_CHECKING:
    import duckdb


class ReadableStore(Protocol):
    """A store as its readers see it: ``regulars.store.Store``, or a stand-in in tests."""

    @property
    def version(self) -> int:
        """Number of the last journal entry that the tables contain."""

    def standing(self, publication: str) -> tuple[int, str]:
        """Number and digest of the last of those entries that concerns the publication."""

    @property
    def secret(self) -> bytes:
        """The store's secret, for keyed rounding."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor for one call, from one thread."""

    def free_space_ok(self) -> bool:
        """Whether there is room to go on safely."""


class ServedStore(ReadableStore, PublishingStore, Protocol):
    """A store that also keeps what widgets show."""
