"""Where requests wait for a report to be computed: on the event loop, without a thread.

Reports are computed one at a time, because the database's memory is enough for one. A request that
waited for its turn inside a thread would take that thread from pages and health checks. So the
turn is taken first, and a thread after it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.types import Receive

from regulars.reports.engine.cancellable import CancellableRun
from regulars.reports.engine.query import Run
from regulars_connectors.plural import pluralize

from .problems import TooManyWaiting

T = TypeVar("T")
MOST_WAITING = 256
"""Requests that wait for their turn. Each costs a few KiB, and the last one waits for all."""
_CANCEL_EVERY = 0.05


class ClientGone(Exception):
    """The client ended its connection, so nobody waits for the response."""


class ReportQueue:
    """Gives turns: first to pages, then in order. Used by one event loop."""

    def __init__(self, run: Run, most_waiting: int = MOST_WAITING) -> None:
        self._run = run
        self._most_waiting = most_waiting
        self._is_taken = False
        self._pages: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._wanted: Counter[Hashable] = Counter()
        self._thread = anyio.CapacityLimiter(1)

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return len(self._pages) + len(self._others)

    async def compute(
        self,
        key: Hashable,
        find: Callable[[], T | None],
        work: Callable[[Run], T],
        receive: Receive,
        *,
        is_page: bool = False,
    ) -> T:
        """What ``find`` has once it is this request's turn, or what ``work`` makes in a thread.

        key: what is asked for. A computation that nobody else asks for is cancelled with its
        client. receive: of the request, whose body was read. is_page: go before those that are not.
        Raises TooManyWaiting, ClientGone, and what ``work`` raises.
        """
        gone = asyncio.ensure_future(_until_gone(receive))
        self._wanted[key] += 1
        try:
            async with self._turn(gone, is_page=is_page):
                found = find()
                return found if found is not None else await self._made(key, work, gone)
        finally:
            gone.cancel()
            self._wanted[key] -= 1
            if not self._wanted[key]:
                del self._wanted[key]

    @asynccontextmanager
    async def _turn(self, gone: asyncio.Future[None], *, is_page: bool) -> AsyncIterator[None]:
        if self._is_taken:
            await self._wait(self._pages if is_page else self._others, gone)
        self._is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, line: deque[asyncio.Future[None]], gone: asyncio.Future[None]) -> None:
        if len(line) >= self._most_waiting:
            requests = pluralize(len(line), "request waits", "requests wait")
            raise TooManyWaiting(f"{requests} for a report already.")
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await asyncio.wait({mine, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise ClientGone
        except BaseException:
            if mine.done():
                self._pass_on()  # the turn came, and this request takes it no more
            else:
                line.remove(mine)
            raise

    def _pass_on(self) -> None:
        """Give the turn to the next in line. It stays taken meanwhile, so nobody jumps in."""
        line = self._pages or self._others
        if line:
            line.popleft().set_result(None)
        else:
            self._is_taken = False

    async def _made(self, key: Hashable, work: Callable[[Run], T], gone: asyncio.Future[None]) -> T:
        run = CancellableRun(self._run)
        in_thread = anyio.to_thread.run_sync(partial(work, run), limiter=self._thread)
        computing = asyncio.ensure_future(in_thread)
        either: set[asyncio.Future[Any]] = {computing, gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if computing.done():
            return computing.result()
        while not computing.done():  # the turn ends with the thread, which holds the store's
            if self._wanted[key] == 1:
                run.cancel()
            await asyncio.wait({computing}, timeout=_CANCEL_EVERY)
        computing.exception()  # nobody hears it
        raise ClientGone


async def _until_gone(receive: Receive) -> None:
    """Returns once the client has ended its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
