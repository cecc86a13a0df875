"""How long a request may take until its answer begins. From then on it takes what it takes.

Work in a thread cannot be broken off, so the answer is given up and not the work: what comes after
the limit is thrown away. Waits, as for a turn to compute a report, end at once.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .authority import SAFE_METHODS
from .problems import AnswerTooSlow


class AnswerLimit:
    """Wraps an application. seconds: until the answer to a safe request has to begin.

    Other requests change something, and are told how that ended.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self._seconds = seconds
        self._given_up: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises AnswerTooSlow."""
        if scope["type"] != "http" or scope["method"] not in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        began = asyncio.Event()
        is_over = False

        async def sending(message: Message) -> None:
            if not is_over:
                began.set()
                await send(message)

        work = asyncio.ensure_future(self.app(scope, receive, sending))
        beginning = asyncio.ensure_future(began.wait())
        try:
            await asyncio.wait(
                {work, beginning}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if began.is_set() or work.done():
                await work
                return
            is_over = True
            raise AnswerTooSlow(f"The answer was not ready within {self._seconds:g} seconds.")
        finally:
            beginning.cancel()
            if not work.done():
                self._give_up(work)

    def _give_up(self, work: asyncio.Task[None]) -> None:
        """Let it end by itself, unheard."""
        self._given_up.add(work)
        work.add_done_callback(self._forget)
        work.cancel()

    def _forget(self, work: asyncio.Task[None]) -> None:
        self._given_up.discard(work)
        if not work.cancelled():
            work.exception()  # nobody hears it
