"""uvicorn's HTTP protocol with limits of time and size, which uvicorn leaves to a proxy in front.

A client that sends its request byte by byte holds a connection and, with a body, a task. uvicorn
has a time limit for idle connections alone (https://www.uvicorn.org/settings/#timeouts).
Limits here begin with the connection or with the first byte of a request, so that bytes that
trickle in extend nothing. The head of a request and the number of open connections are bounded, so
that strangers cannot fill the memory.
"""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
"""For the head of a request, from its first byte, or from the connection for the first one."""
REQUEST_SECONDS = 30.0
"""For a whole request with its body, from its first byte."""
TAKING_SECONDS = 30.0
LEAST_BYTES_PER_SECOND = 1024
"""What a client takes of its response at least, as a mean over so many seconds."""
MOST_HEAD_BYTES = 64 * 1024
"""Of the target and all headers of a request together."""
MOST_CONNECTIONS = 512
"""Open at once. Systems let a process open 1,024 files unless told otherwise."""
_END = b"connection: close\r\ncontent-length: 0\r\ncache-control: no-store\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\n" + _END
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _END
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 30\r\n" + _END


class TimedProtocol(HttpToolsProtocol):
    """Lets go of clients that are too slow to send or to take, too many, or send too large a head.

    most_connections, most_head_bytes: the limits, for tests to lower.
    """

    most_connections = MOST_CONNECTIONS
    most_head_bytes = MOST_HEAD_BYTES

    _sending: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None
    _left_to_take = 0
    _has_begun = False
    _is_complete = True
    _is_head_whole = True
    _is_refused = False
    _head_bytes = 0
    _began_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._began_at = self.loop.time()
        self._wait_until(HEADER_SECONDS)
        if len(self.connections) > self.most_connections:
            self._refuse(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        """Take what came. Empty lines before a request are no request, and begin the wait too."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if self._sending is None and self._is_complete and is_idle:
            self._has_begun = False
            self._began_at = self.loop.time()
            self._wait_until(HEADER_SECONDS)
        if self._is_refused:
            return
        self.server_state.default_headers = dated(int(time.time()))
        was_whole = self._is_head_whole
        super().data_received(data)
        # A header without an end is seen by nobody else.
        if not was_whole and not self._is_head_whole and not self._is_refused:
            self._head_bytes += len(data)
            if self._head_bytes > self.most_head_bytes:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._has_begun = True
        self._is_complete = self._is_head_whole = False
        self._head_bytes = 0
        self._began_at = self.loop.time()
        self._wait_until(HEADER_SECONDS)

    def on_headers_complete(self) -> None:
        """The head is whole, and the body has the rest of the time."""
        self._is_head_whole = True
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.most_head_bytes:
            self._refuse(_TOO_LARGE)
        if self._is_refused:
            return
        super().on_headers_complete()
        self._wait_until(REQUEST_SECONDS)

    def on_body(self, body: bytes) -> None:
        """A part of the body. That of a refused request goes nowhere."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._is_refused:
            return
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

    def _refuse(self, answer: bytes) -> None:
        """Say why, unless a response is under way, and close the connection."""
        self._is_refused = True
        self._stop_waiting()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(answer)
        self.transport.close()

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


@lru_cache(maxsize=1)
def dated(second: int) -> list[tuple[bytes, bytes]]:
    """The headers of every response to a request of that second since 1970."""
    return [(b"date", formatdate(second, usegmt=True).encode("ascii"))]


def _is_unanswered(cycle: Any) -> bool:
    """Whether the request of that cycle is still being sent, and has no response yet."""
    return bool(cycle.more_body and not cycle.response_started)
