"""Writing what is made from the data, which gives way to whoever writes data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from .protocols import WritableStore

_LONGEST_WAIT_SECONDS, _WAIT_SECONDS = 60.0, 0.02


@contextmanager
def writing_soon(store: WritableStore) -> Iterator[bool]:
    """The lock of writers, or not: who exchanges the database holds it and waits for readers."""
    ends_at = time.monotonic() + _LONGEST_WAIT_SECONDS
    while not store.writing.acquire(blocking=False):
        if time.monotonic() > ends_at:
            yield False
            return
        time.sleep(_WAIT_SECONDS)
    try:
        yield True
    finally:
        store.writing.release()
