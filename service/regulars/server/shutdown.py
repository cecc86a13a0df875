"""How a server ends: waits are broken off, a commit gets a few seconds, and the end has a bound."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from regulars import log

MOST_SECONDS = 4.0
"""From the first signal to the end of the process, whatever it waits for."""
_CANCEL_EVERY = 0.05
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AT_ONCE = (
    "Ended at once, since work was still under way. The store is consistent. "
    "The next start completes what was committed."
)


class CancelsReports(Protocol):
    """The part of a store that ends reports."""

    def cancel_reports(self) -> None:
        """Refuse new report queries and cancel running ones. Returns at once."""


class Shutdown:
    """Hears the first SIGINT or SIGTERM. A second one ends the process at once.

    The second signal has the system's own handler, so it works even while the process is inside a
    library. on_signal: called by the first one. It returns at once.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self._on_signal = on_signal
        self._is_begun = False

    def install(self) -> None:
        """Take both signals. For the main thread."""
        for number in _SIGNALS:
            signal.signal(number, self.handle)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Begin to end. Also for whoever takes the signals for a while, as uvicorn does."""
        self.hand_back()
        if self._is_begun:
            signal.raise_signal(number)
        self._is_begun = True
        bound = threading.Timer(MOST_SECONDS, end_now)
        bound.daemon = True
        bound.start()
        self._on_signal()

    def hand_back(self) -> None:
        """Give the signals back to the system."""
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_DFL)

    def after_the_server(self) -> None:
        """Give the signals back again: uvicorn restores those that it found."""
        if self._is_begun:
            self.hand_back()


def end_now() -> None:
    """End the process. What is lost is what a crash would lose, so nothing acknowledged is."""
    if log.is_json():
        log.tell(_AT_ONCE)
    else:
        sys.stderr.write(f"{_AT_ONCE}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def cancelling_reports(store: CancelsReports) -> Iterator[None]:
    """Cancel reports while the block runs, again and again.

    A report between two statements escapes one attempt.
    """
    is_done = threading.Event()

    def cancel() -> None:
        store.cancel_reports()
        while not is_done.wait(_CANCEL_EVERY):
            store.cancel_reports()

    thread = threading.Thread(target=cancel, name="cancelling reports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()
