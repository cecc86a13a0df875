"""Runs the application with uvicorn until it is asked to stop."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType

import uvicorn

from regulars.access.register import Register
from regulars.api.app import create_app
from regulars.api.middleware import RequestMiddleware
from regulars.errors import SettingsWrong, UsageWrong
from regulars.jobs.loop import Scheduling
from regulars.jobs.process import Jobs
from regulars.publications.lookup import known_publications
from regulars.reports.prepare import prepare
from regulars.settings import ServerSettings, Settings
from regulars.store import Store
from regulars.sync.hooks import HookIntake
from regulars.sync.traffic import TrafficCounts
from regulars_connectors.contract import Runtime

from .shutdown import Shutdown, cancelling_reports
from .target_protocol import TargetAwareProtocol

_NOBODY_GETS_IN = (
    "Nobody gets in yet: every request needs a key or a sign-in, and none counts. Run"
    " `regulars keys add NAME` or `regulars sign-in`. Widgets are open to everybody."
)
_GRACEFUL_SECONDS = 2
"""For responses under way. The runs have the rest of ``shutdown.MOST_SECONDS``."""


def serve(
    settings: Settings,
    store: Store,
    runtime: Runtime,
    announce: Callable[[str], None],
    *,
    warn: Callable[[str], None] = lambda _: None,
    scheduling: Scheduling | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. ``announce`` gets the address once the server listens.

    warn: gets sentences about what you should know at the start. scheduling: how it syncs by
    itself. Without, it does not.
    """
    made = _prepared(settings, store, runtime, scheduling, decode_in_child=True)
    with made as (server, listener, url):
        shutdown = Shutdown(server.begin_to_end)
        server.on_signal = shutdown.handle
        shutdown.install()
        announce(url)
        if settings.server.needs_authority and not Register(store, runtime.clock).lets_somebody_in:
            warn(_NOBODY_GETS_IN)
        server.run(sockets=[listener])
        shutdown.after_the_server()


@contextmanager
def serving(
    settings: Settings, store: Store, runtime: Runtime, scheduling: Scheduling | None = None
) -> Iterator[str]:
    """Serve in a thread while the block runs. Yields the address.

    scheduling: how it syncs by itself. Without, it does not.
    """
    with _prepared(settings, store, runtime, scheduling) as (server, listener, url):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.begin_to_end()
            thread.join()


@contextmanager
def _prepared(
    settings: Settings,
    store: Store,
    runtime: Runtime,
    scheduling: Scheduling | None,
    *,
    decode_in_child: bool = False,
) -> Iterator[tuple[_Server, socket.socket, str]]:
    """A server, its listening socket and address. At the end its runs are stopped first."""
    register = Register(store, runtime.clock)
    require_authority(settings.server, register)
    listener, url = listen(settings.server)
    traffic = TrafficCounts()
    runtime = replace(runtime, note_traffic=traffic.note)
    jobs = Jobs(
        store,
        settings,
        runtime,
        scheduling,
        prepare=prepare,
        decode_in_child=decode_in_child,
    )
    runs = jobs.runs
    hooks = HookIntake(store, settings, runtime, on_hint=jobs.wake)
    port = listener.getsockname()[1]
    # Imports may have brought more publications than the settings name. No other import can run
    # while the server holds the store. Widgets link to the real port.
    shown = settings.model_copy(
        update={
            "publications": tuple(known_publications(settings, store)),
            "server": settings.server.model_copy(update={"port": port}),
        }
    )
    try:
        store.announce(url, register.make_command_token())
        app = create_app(
            shown,
            store,
            runs,
            runtime.clock,
            register=register,
            hooks=hooks,
            schedule=jobs.due,
            faults=jobs.faults,
            traffic=traffic,
        )
        hooks.start()
        jobs.start()
        yield _server(app, store, jobs), listener, url
    finally:
        hooks.stop()
        with cancelling_reports(store):
            jobs.stop()
        listener.close()


def require_authority(settings: ServerSettings, register: Register) -> None:
    """Raise SettingsWrong if others could come and nobody has said how.

    It takes a key, a session or a link that counts now. A service that runs goes on with its
    widgets when the last one is over.
    """
    if settings.is_loopback:
        return
    if not settings.public_host:
        raise SettingsWrong(
            f"The service would listen on {settings.host}, where other machines reach it, and"
            " `public_host` is not set.",
            to_do="Put the name that others use into `public_host` of [server] in the settings, or"
            " listen on 127.0.0.1.",
            safe="Nothing listens.",
        )
    if not register.lets_somebody_in:
        raise SettingsWrong(
            f"The service would listen on {settings.host}, and nobody could use it: no key and no"
            " sign-in counts now.",
            to_do="Run `regulars keys add NAME` or `regulars sign-in`, then start it again.",
            safe="Nothing listens.",
        )


def listen(settings: ServerSettings) -> tuple[socket.socket, str]:
    """A listening socket and its address on this machine. Raises UsageWrong if that is taken."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, settings.port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise UsageWrong(
                f"This machine has no address {host}.",
                to_do="Set `host` of [server] to one that it has, or to 127.0.0.1.",
            ) from error
        raise UsageWrong(
            f"Port {settings.port} on {host} is taken.",
            to_do="Stop what listens there, or choose another port with `--port`.",
        ) from error
    listener.listen(128)
    port = listener.getsockname()[1]
    return listener, settings.model_copy(update={"host": host, "port": port}).local_url


class _Server(uvicorn.Server):
    """Ends soon: runs and reports are told at once, and callers get an error."""

    def __init__(self, config: uvicorn.Config, store: Store, jobs: Jobs) -> None:
        super().__init__(config)
        self._store = store
        self._jobs = jobs
        self.on_signal: Callable[[int, FrameType | None], None] = super().handle_exit
        self._end: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal. uvicorn would raise it again, and end the process with the store open."""
        self.on_signal(sig, frame)

    def begin_to_end(self) -> None:
        """Let waits end now, in the runs as in the server. Returns at once."""
        self._jobs.ask_to_stop()
        self.should_exit = True
        if self._end is not None:
            loop, end = self._end
            with suppress(RuntimeError):  # the loop is closed: the server has ended by itself
                loop.call_soon_threadsafe(end.set)

    async def main_loop(self) -> None:
        """Wait for the end. uvicorn's own loop looks for it ten times a second.

        On a machine at rest that costs several CPU seconds an hour (docs/reference/benchmarks.md).
        Its other work, the date of responses, is done as requests come (``protocol``).
        """
        end = asyncio.Event()
        self._end = asyncio.get_running_loop(), end
        # Set before this is asked, so that a signal right now is seen here or by the event.
        if not self.should_exit:
            await end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel reports while the server ends."""
        with cancelling_reports(self._store):
            await super().shutdown(sockets)


def _server(app: RequestMiddleware, store: Store, jobs: Jobs) -> _Server:
    config = uvicorn.Config(
        app,
        http=TargetAwareProtocol,
        ws="none",
        log_config=None,  # its lines take the way of all others
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,  # the protocol adds it
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
    return _Server(config, store, jobs)
