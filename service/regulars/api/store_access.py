"""What the API needs of a store."""

from __future__ import annotations

from typing import Protocol

from regulars.question import Readable
from regulars.store.published import PublishingStore


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
