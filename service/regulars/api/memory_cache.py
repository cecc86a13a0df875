"""Responses in memory, bounded by their bytes, each until it expires."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from cachetools import TLRUCache, cached

from regulars_connectors.contract import Clock
from regulars_connectors.instants import Instant

from .responses import CachedResponse

MAX_BYTES = 32 * 1024 * 1024
# Headers, key and the cache's own links: what an empty body takes as well.
ENTRY_BYTES = 2 * 1024


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A response and when it is valid: from the first instant on, until before the second."""

    response: CachedResponse
    since: Instant
    until: Instant


class ResponseCache:
    """A cache for many threads; the response used longest ago makes room for a new one.

    One that is too large by itself is handed out and not kept, so that it drives nothing out.
    """

    def __init__(self, clock: Clock, max_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._entries: TLRUCache[Hashable, CacheEntry, Instant] = TLRUCache(
            max_bytes, ttu=_expires_at, timer=clock, getsizeof=_size
        )
        self._lock = threading.Lock()
        condition = threading.Condition(self._lock)
        self._make_once = cached(self._entries, _key, self._lock, condition)(_make)

    def find(self, key: Hashable) -> CacheEntry | None:
        """The entry, if there is a valid one."""
        with self._lock:
            try:
                entry = self._entries[key]
            except KeyError:
                return None
            if self._clock() < entry.since:  # the clock was set back
                del self._entries[key]
                return None
            return entry

    def get_or_make(self, key: Hashable, make: Callable[[], CacheEntry]) -> CacheEntry:
        """The entry, or what ``make`` returns now.

        Of the threads that ask at once, one makes it and the others wait. An error goes to the
        thread that met it, and the next one tries.
        """
        return self.find(key) or self._make_once(key, make)


def _expires_at(_key: Hashable, entry: CacheEntry, _now: Instant) -> Instant:
    return entry.until


def _size(entry: CacheEntry) -> int:
    return ENTRY_BYTES + len(entry.response.body)


def _key(key: Hashable, _make: Callable[[], CacheEntry]) -> Hashable:
    return key


def _make(_key: Hashable, make: Callable[[], CacheEntry]) -> CacheEntry:
    return make()
