"""Answers in memory, ready to be handed out: each under its key, until it no longer stands."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from regulars.reports.engine.query import Key
from regulars_connectors.instants import Instant

from .responses import CachedResponse

Span: TypeAlias = tuple[Instant, Instant]
"""When an answer stands: from the first instant on, until before the second."""

MOST_ANSWERS = 64
MOST_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class _Turn:
    """Whose turn it is to make one answer, and how many want it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    wanted: int = 0


class ResponseCache:
    """A small cache, used by many threads; the answer used longest ago goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[CachedResponse, Span]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._turns: dict[Key, _Turn] = {}

    @contextmanager
    def turn(self, key: Key) -> Iterator[None]:
        """Held by whoever makes the answer of that key; who comes meanwhile waits, and looks again.

        A thread that has it may take it again.
        """
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.wanted += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.wanted -= 1
                if not turn.wanted:
                    del self._turns[key]

    def find(self, key: Key, now: Instant) -> CachedResponse | None:
        """The answer, if there is one that stands."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not kept[1][0] <= now < kept[1][1]:
                return None
            self._kept.move_to_end(key)
            return kept[0]

    def keep(self, key: Key, answer: CachedResponse, stands: Span) -> None:
        """Keep it, and let go of the oldest where there are too many.

        One that is too large by itself is not kept: it would drive out all others, and not stay.
        """
        with self._lock:
            old = self._kept.pop(key, None)
            self._bytes -= len(old[0].body) if old else 0
            if len(answer.body) > MOST_BYTES:
                return
            self._bytes += len(answer.body)
            self._kept[key] = answer, stands
            while len(self._kept) > MOST_ANSWERS or self._bytes > MOST_BYTES:
                _, (gone, _) = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)
