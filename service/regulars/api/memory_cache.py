"""Responses in memory, bounded by their bytes, each until it expires."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass

from cachetools import TLRUCache, cached

from regulars_connectors.contract import Clock
from regulars_connectors.instants import Instant

from .responses import CachedResponse

MAX_BYTES = 32 * 1024 * 1024
# The size of headers, key and the cache's own links, which an entry needs besides its body.
ENTRY_BYTES = 2 * 1024


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A response, valid from ``since`` (included) until ``until`` (excluded)."""

    response: CachedResponse
    since: Instant
    until: Instant


class ResponseCache:
    """A thread-safe LRU cache.

    A response larger than the cache is returned uncached and evicts nothing.
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
        """The valid entry, or None."""
        with self._lock:
            try:
                entry = self._entries[key]
            except KeyError:
                return None
            if self._clock() < entry.since:  # the clock was set back
                del self._entries[key]
                return None
            return entry

    def add(self, key: Hashable, entry: CacheEntry) -> None:
        """Keep an entry that was made elsewhere."""
        with self._lock, suppress(ValueError):  # it is larger than the cache
            self._entries[key] = entry

    def get_or_make(self, key: Hashable, make: Callable[[], CacheEntry]) -> CacheEntry:
        """The valid entry, or the one that ``make`` returns now.

        Of several threads that ask at once, one makes it and the others wait. An error is raised
        in the thread that met it, and the next thread tries.
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
