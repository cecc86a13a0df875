"""A store as other rooms see it: ``Store`` itself, or a stand-in in tests."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from .journal import Entry, Journal

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb


class ReadableStore(Protocol):
    """A store that can be read."""

    @property
    def version(self) -> int:
        """Number of the last journal entry that the tables contain."""

    @property
    def secret(self) -> bytes:
        """The store's secret, for keyed rounding."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor for one call, from one thread."""

    def report_cursor(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A cursor for a report, one at a time."""

    def standing(self, publication: str) -> tuple[int, str]:
        """Number and digest of the last journal entry that concerns the publication."""

    def files_answer(self) -> bool:
        """Whether the folder and its journal can be read."""

    def free_space_ok(self) -> bool:
        """Whether the disk has enough free space to continue safely."""


class WritersLock(Protocol):
    """The lock that whoever writes holds, as ``threading.RLock``."""

    def acquire(self, blocking: bool = ..., timeout: float = ...) -> bool:
        """Take it, and say whether that went."""

    def release(self) -> None:
        """Give it back."""

    def __enter__(self) -> bool: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


class WritableStore(ReadableStore, Protocol):
    """A store that can also be written."""

    @property
    def journal(self) -> Journal:
        """Its entries."""

    @property
    def writing(self) -> WritersLock:
        """The lock of writers."""

    def catch_up(self) -> None:
        """Apply entries that the tables lack."""

    def append(self, facts: dict[str, object]) -> Entry:
        """Commit an entry and bring the tables up to it."""
