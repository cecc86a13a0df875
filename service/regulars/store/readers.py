"""Who reads the database at the moment, so that it is exchanged while nobody does.

DuckDB finds a file by its name, and an open one in the same process by the same name. So the old
file is closed by everybody before another one takes its place.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Readers:
    """A gate for readers. A thread that reads already passes it also while others wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: Counter[int] = Counter()
        self._alone: int | None = None

    @property
    def is_inside(self) -> bool:
        """Whether this thread reads."""
        with self._changed:
            return threading.get_ident() in self._inside

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Be a reader."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._alone in (None, me) or me in self._inside)
            self._inside[me] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[me] -= 1
                self._inside += Counter()  # drop threads that read no more
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep new readers out, and wait until those of other threads have ended."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._alone is None)
            self._alone = me
        try:
            with self._changed:
                self._changed.wait_for(lambda: not (self._inside.keys() - {me}))
            yield
        finally:
            with self._changed:
                self._alone = None
                self._changed.notify_all()
