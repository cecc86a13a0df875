"""Any simulated API on loopback: HTTP/1.1 with keep-alive, one thread, an event loop of its own.

A protocol class of its own costs a fraction of a web framework per page, and it can do what
frameworks forbid: break off in the middle of a body.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from time import time_ns

import httptools

from ..instants import Instant
from .beehiiv import Organisation, make_organisation
from .clock import SimulatedClock
from .faults import troubled, under_quota
from .handler import Handler, Request, Response
from .world import STARTED

HOST = "127.0.0.1"
_MOST_HEADER_BYTES = 64 * 1024


def wall_clock() -> Instant:
    """The machine's own clock: quotas of a served API run in real seconds."""
    return time_ns() // 1_000


class _Connection(asyncio.Protocol):
    """One connection. Requests are answered in order, their bodies ignored."""

    def __init__(self, api: Handler, connections: set[_Connection]) -> None:
        self.api = api
        self.connections = connections
        self.transport: asyncio.Transport | None = None
        self.parser = httptools.HttpRequestParser(self)
        self.target = b""
        self.headers: dict[str, str] = {}
        self.waiting: list[Request] = []
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # TCP gives no other
        self.transport = transport
        self.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._send(Response(400), keep_alive=False)
        self._go_on()

    def on_message_begin(self) -> None:
        self.target, self.headers = b"", {}

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) < 200 and len(value) < _MOST_HEADER_BYTES:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_message_complete(self) -> None:
        method = self.parser.get_method().decode("latin-1")
        target = self.target.decode("latin-1")
        self.waiting.append(Request.from_target(method, target, self.headers))

    def _go_on(self) -> None:
        """Answer the waiting requests, unless an answer is still delayed."""
        while self.waiting and not self.busy and self.transport is not None:
            request = self.waiting.pop(0)
            response = self.api(request)
            keep_alive = request.headers.get("connection", "").lower() != "close"
            if response.delay_seconds:
                self.busy = True
                loop = asyncio.get_running_loop()
                loop.call_later(response.delay_seconds, self._late, response, keep_alive)
            else:
                self._send(response, keep_alive=keep_alive)

    def _late(self, response: Response, keep_alive: bool) -> None:
        self.busy = False
        self._send(response, keep_alive=keep_alive)
        self._go_on()

    def _send(self, response: Response, *, keep_alive: bool) -> None:
        if self.transport is None:
            return
        self.transport.write(_head(response, keep_alive) + response.body)
        if response.torn or not keep_alive:
            self.transport.close()
            self.transport = None


def _head(response: Response, keep_alive: bool) -> bytes:
    """Status line and headers. A torn answer promises twice the body it gives."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    length = len(response.body) * 2 + 1 if response.torn else len(response.body)
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines.append(f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Serving:
    """An API served by a thread."""

    def __init__(self, api: Handler, port: int) -> None:
        self.api = api
        self.port = port
        self.connections: set[_Connection] = set()
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()
        self.stopping = asyncio.Event()
        self.failure: OSError | None = None

    def run(self) -> None:
        """Serve until asked to stop, then close the loop."""
        try:
            self.loop.run_until_complete(self._serve())
        except OSError as failure:
            self.failure = failure
        finally:
            self.started.set()
            self.loop.close()

    async def _serve(self) -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self.api, self.connections), HOST, self.port
        )
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self.stopping.wait()
        server.close()
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await server.wait_closed()
        # One more turn, so that aborted transports close their sockets.
        await asyncio.sleep(0)

    def stop(self) -> None:
        """Ask the loop to end, from any thread."""
        self.loop.call_soon_threadsafe(self.stopping.set)


@contextmanager
def serving(api: Handler, port: int = 0) -> Iterator[str]:
    """Serve ``api`` in a thread of this process. Yields its address without a path.

    port 0 takes a free one. Raises OSError when the port is taken.
    """
    server = _Serving(api, port)
    thread = threading.Thread(target=server.run, name="simulator", daemon=True)
    thread.start()
    server.started.wait()
    if server.failure is not None:
        raise server.failure
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        server.stop()
        thread.join()


def wait_for_interrupt() -> None:
    """Wait until Ctrl-C."""
    threading.Event().wait()


def run_beehiiv(
    port: int,
    seed: int,
    subscribers: int,
    at: Instant | None = None,
    quota: int | None = None,
    faults: tuple[str, ...] = (),
    announce: Callable[[str], None] = print,
    *,
    publications: int = 1,
    tick: Callable[[], Instant] = wall_clock,
    ready: Callable[[str, Mapping[str, int]], None] = lambda *_: None,
) -> None:
    """Serve the beehiiv API of a world with exactly ``subscribers`` people until interrupted.

    publications: how many there are in the organisation, each a world of its own.
    at: the world's date. Default: its end, when everybody has joined.
    faults: names out of ``faults.FAULTS``. An unknown one raises ValueError.
    tick: the clock of the quota, which runs in real seconds.
    ready: called with the base address, and the number of subscriptions by publication id.
    """
    clock = SimulatedClock(STARTED)
    apis = make_organisation(seed, publications, subscribers, clock)
    clock.set(apis[0].context.world.ended_at if at is None else at)
    organisation = Organisation(apis, lambda api: troubled(api, faults))
    with serving(under_quota(organisation, quota, tick), port) as url:
        announce(f"base URL        {url}/v2")
        shown = {api.context.world.publication_id: api.context.moment().present for api in apis}
        for publication, subscriptions in shown.items():
            announce(f"publication     {publication}")
            announce(f"subscriptions   {subscriptions}")
        announce("key             any bearer token")
        ready(f"{url}/v2", shown)
        try:
            wait_for_interrupt()
        except KeyboardInterrupt:
            announce("stopped")
