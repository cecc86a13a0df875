"""Which runs may go side by side: those of one account one after the other, a few accounts at once.

Runs of one account would only wait for each other under its pacer, each with a part in memory;
runs of different accounts wait for different providers.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger(__name__)

MAX_PARALLEL_ACCOUNTS = 4
"""Accounts at once: each holds a part of rows in memory, and the store writes one at a time."""

Work = Callable[[], None]


class AccountQueues:
    """Carries out work in threads: in order within an account, accounts side by side.

    Work should not raise: what it raises is logged, and the next one goes on.
    """

    def __init__(self, width: int = MAX_PARALLEL_ACCOUNTS) -> None:
        self._threads = ThreadPoolExecutor(width, thread_name_prefix="sync")
        self._changed = threading.Condition()
        # An account stands here while a thread works for it.
        self._waiting: dict[Hashable, deque[Work]] = {}

    def submit(self, account: Hashable, work: Work) -> None:
        """Do it in a thread, after all that came before for the account."""
        with self._changed:
            if account in self._waiting:
                self._waiting[account].append(work)
            else:
                self._waiting[account] = deque([work])
                self._threads.submit(self._work_for, account)

    def wait(self) -> None:
        """Until all of it is done. An interrupt comes through."""
        with self._changed:
            while self._waiting:
                self._changed.wait()

    def close(self) -> None:
        """Wait, then let the threads go; nothing may be submitted after it."""
        self.wait()
        self._threads.shutdown()

    def _work_for(self, account: Hashable) -> None:
        while (work := self._next_of(account)) is not None:
            try:
                work()
            except BaseException:
                # The thread's edge: nobody above could hear it, and others wait behind it.
                logger.exception("work of a queue broke")

    def _next_of(self, account: Hashable) -> Work | None:
        with self._changed:
            if works := self._waiting[account]:
                return works.popleft()
            del self._waiting[account]
            self._changed.notify_all()
            return None
