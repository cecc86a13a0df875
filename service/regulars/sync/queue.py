"""Runs of one account go one after the other, and a few accounts run in parallel.

Runs of one account would only wait for each other under its pacer, each with a part in memory.
Runs of different accounts wait for different providers.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger(__name__)

MAX_PARALLEL_ACCOUNTS = 4
"""Each account holds a part in memory, and the store writes one at a time."""

Work = Callable[[], None]


class AccountQueues:
    """Carries out work in threads: in order within an account, accounts in parallel.

    Work should catch its errors. Anything it raises is logged, and the next one follows.
    """

    def __init__(self, width: int = MAX_PARALLEL_ACCOUNTS) -> None:
        self._threads = ThreadPoolExecutor(width, thread_name_prefix="sync")
        self._changed = threading.Condition()
        # An account has an entry here while a thread works for it.
        self._waiting: dict[Hashable, deque[Work]] = {}

    def submit(self, account: Hashable, work: Work) -> None:
        """Do the work in a thread, after earlier work of the account."""
        with self._changed:
            if account in self._waiting:
                self._waiting[account].append(work)
            else:
                self._waiting[account] = deque([work])
                self._threads.submit(self._work_for, account)

    def wait(self) -> None:
        """Wait until all work is done. An interrupt is raised at once."""
        with self._changed:
            while self._waiting:
                self._changed.wait()

    def close(self) -> None:
        """Wait, then end the threads. Submit nothing afterwards."""
        self.wait()
        self._threads.shutdown()

    def _work_for(self, account: Hashable) -> None:
        while (work := self._next_of(account)) is not None:
            try:
                work()
            except BaseException:
                # The thread's edge: no caller would hear it, and other work waits behind it.
                logger.exception("work of a queue broke")

    def _next_of(self, account: Hashable) -> Work | None:
        with self._changed:
            if works := self._waiting[account]:
                return works.popleft()
            del self._waiting[account]
            self._changed.notify_all()
            return None
