"""Which runs may go side by side: those of one account one after the other, a few accounts at once.

Runs of one account would only wait for each other under its pacer, each with a part in memory;
runs of different accounts wait for different providers.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable

MAX_PARALLEL_ACCOUNTS = 4
"""Accounts at once: each holds a part of rows in memory, and the store writes one at a time."""

Work = Callable[[], None]


class AccountQueues:
    """Carries out work by account, in the order in which it came. Work must not raise."""

    def __init__(self, width: int = MAX_PARALLEL_ACCOUNTS) -> None:
        self._width = width
        self._changed = threading.Condition()
        self._waiting: dict[Hashable, deque[Work]] = {}
        self._busy: set[Hashable] = set()
        self._workers = 0

    def submit(self, account: Hashable, work: Work) -> None:
        """Do it in a thread, after all that came before for the account."""
        with self._changed:
            self._waiting.setdefault(account, deque()).append(work)
            if self._workers < self._width:
                self._workers += 1
                # A process that is told to stop at once does not wait for a provider.
                threading.Thread(target=self._work_on, daemon=True).start()

    def wait(self) -> None:
        """Until all of it is done. An interrupt comes through."""
        with self._changed:
            while self._workers:
                self._changed.wait()

    def _work_on(self) -> None:
        while (taken := self._take()) is not None:
            account, work = taken
            try:
                work()
            except BaseException:
                # Whoever waits must not wait for a thread that is gone.
                self._leave()
                raise
            finally:
                with self._changed:
                    self._busy.discard(account)

    def _take(self) -> tuple[Hashable, Work] | None:
        with self._changed:
            for account, works in self._waiting.items():
                if account not in self._busy:
                    self._busy.add(account)
                    work = works.popleft()
                    if not works:
                        del self._waiting[account]
                    return account, work
            self._leave()
            return None

    def _leave(self) -> None:
        with self._changed:
            self._workers -= 1
            self._changed.notify_all()
