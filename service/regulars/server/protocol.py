"""uvicorn's HTTP protocol with limits of time, which uvicorn leaves to a proxy in front.

A client that sends its request byte by byte holds a connection and, with a body, a task. uvicorn
has a time limit for idle connections alone (https://www.uvicorn.org/settings/#timeouts).
Limits here begin with the connection or with the first byte of a request, so that bytes that
trickle in extend nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
"""For the head of a request, from its first byte, or from the connection for the first one."""
REQUEST_SECONDS = 30.0
"""For a whole request with its body, from its first byte."""
TAKING_SECONDS = 30.0
LEAST_BYTES_PER_SECOND = 1024
"""What a client takes of its response at least, as a mean over so many seconds."""
_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n"
    b"cache-control: no-store\r\n\r\n"
)


class TimedProtocol(HttpToolsProtocol):
    """Lets go of clients that are too slow to send or to take."""

    _sending: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None
    _left_to_take = 0
    _has_begun = False
    _is_complete = True
    _began_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._began_at = self.loop.time()
        self._wait_until(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Take what came. Empty lines before a request are no request, and begin the wait too."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if self._sending is None and self._is_complete and is_idle:
            self._has_begun = False
            self._began_at = self.loop.time()
            self._wait_until(HEADER_SECONDS)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._has_begun = True
        self._is_complete = False
        self._began_at = self.loop.time()
        self._wait_until(HEADER_SECONDS)

    def on_headers_complete(self) -> None:
        """The head is whole, and the body has the rest of the time."""
        super().on_headers_complete()
        self._wait_until(REQUEST_SECONDS)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._is_complete = True
        self._stop_waiting()

    def pause_writing(self) -> None:
        """The client is slow to take its response."""
        super().pause_writing()
        self._wait_for_taking()

    def resume_writing(self) -> None:
        """It has taken what was waiting."""
        super().resume_writing()
        self._stop_waiting_for_taking()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_waiting()
        super().connection_lost(exc)
        self._stop_waiting_for_taking()

    def shutdown(self) -> None:
        """Let go at once of a client that is still sending, and let others have their response."""
        if self._is_complete:
            super().shutdown()
        else:
            self.transport.abort()

    def _wait_until(self, seconds: float) -> None:
        """Let the client go so many seconds after its request began."""
        self._stop_waiting()
        self._sending = self.loop.call_at(self._began_at + seconds, self._let_go)

    def _stop_waiting(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _wait_for_taking(self) -> None:
        """Look again later whether the client has taken enough meanwhile."""
        self._stop_waiting_for_taking()
        self._left_to_take = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(TAKING_SECONDS, self._check_taking)

    def _check_taking(self) -> None:
        taken = self._left_to_take - self.transport.get_write_buffer_size()
        if taken < LEAST_BYTES_PER_SECOND * TAKING_SECONDS:
            self.transport.abort()
        else:
            self._wait_for_taking()

    def _stop_waiting_for_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _let_go(self) -> None:
        self._sending = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # we read nothing, so the client is not to blame
            self._began_at = self.loop.time()
            self._wait_until(REQUEST_SECONDS)
            return
        cycle: Any = self.cycle
        # A connection that asked nothing is closed without a word: 408 would answer the next
        # request of a browser. Nor can it follow a response that has begun.
        if self._has_begun and (cycle is None or cycle.response_complete or _is_unanswered(cycle)):
            self.transport.write(_TOO_SLOW)
        self.transport.close()


def _is_unanswered(cycle: Any) -> bool:
    """Whether the request of that cycle is still being sent, and has no response yet."""
    return bool(cycle.more_body and not cycle.response_started)
