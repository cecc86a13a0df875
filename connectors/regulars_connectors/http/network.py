"""The network below the HTTP client: httpx's transport over sockets whose waits can be ended.

httpcore takes its sockets from a network backend (https://www.encode.io/httpcore/network-backends/).
This one waits in short steps, so that a request keeps its deadline and hears an interrupt in the
look-up of a name, in connecting, in the handshake, in writing and in each read.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore
import httpx

from .deadline import wait_in_steps

_MOST_CONNECTIONS, _MOST_IDLE, _IDLE_SECONDS = 100, 20, 5.0


class NetworkTransport(httpx.BaseTransport):
    """Carries requests over the network, without proxies, redirects, cookies or HTTP/2.

    is_secure: whether to read the certificates for https, which takes 20 ms. may_reach: whether a
    connection to this address of the network, as text, is allowed.
    """

    def __init__(
        self, *, is_secure: bool, may_reach: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False) if is_secure else None,
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=PatientBackend(may_reach),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request. Raises httpx.TransportError, DeadlinePassed, Interrupted."""
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            got = self._pool.handle_request(asked)
        return httpx.Response(
            got.status, headers=got.headers, stream=_Body(got.stream), extensions=got.extensions
        )

    def close(self) -> None:
        """End the connections. May be called twice."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body of a response, whose errors are httpx's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Raise httpcore's errors as httpx's, which have the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error


class AddressRefused(Exception):
    """The name leads to an address that may not be reached."""


class PatientBackend(httpcore.NetworkBackend):
    """Connects over TCP in steps. may_reach: asked of every address of a name, each time."""

    def __init__(self, may_reach: Callable[[str], bool] = lambda _: True) -> None:
        self._may_reach = may_reach

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the first address that answers, with ``timeout`` for each of them.

        Raises AddressRefused if one of them may not be reached: the name may be a trap.
        """
        try:
            addresses = _addresses(host, port, timeout)
            if not all(self._may_reach(address[0]) for *_, address in addresses):
                raise AddressRefused(host)
            connected = _first_connected(addresses, timeout)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return PatientStream(connected)


class PatientStream(httpcore.NetworkStream):
    """A connected socket. Every read and write waits in steps."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come, empty at the end."""
        got = b""

        def receive(seconds: float) -> bool:
            nonlocal got
            self._socket.settimeout(seconds)
            try:
                got = self._socket.recv(max_bytes)
            except TimeoutError:
                return False
            return True

        try:
            came = wait_in_steps(receive, timeout)
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        if not came:
            raise httpcore.ReadTimeout("nothing came")
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        left = memoryview(buffer)

        def send(seconds: float) -> bool:
            nonlocal left
            self._socket.settimeout(seconds)
            with suppress(TimeoutError):
                left = left[self._socket.send(left) :]
            return not left

        try:
            went = not left or wait_in_steps(send, timeout)
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error
        if not went:
            raise httpcore.WriteTimeout("nothing was taken")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted, once the handshake is done."""
        try:
            secure = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error

        def shake_hands(seconds: float) -> bool:
            secure.settimeout(seconds)
            try:
                secure.do_handshake()
            except TimeoutError:
                return False
            return True

        try:
            done = wait_in_steps(shake_hands, timeout)
        except OSError as error:
            secure.close()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            secure.close()
            raise
        if not done:
            secure.close()
            raise httpcore.ConnectTimeout("the handshake took too long")
        return PatientStream(secure)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the connection."""
        if info == "is_readable":
            return bool(select.select([self._socket], [], [], 0)[0])
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        return None


def _addresses(host: str, port: int, seconds: float | None) -> list[Any]:
    """The addresses of a name. The system's look-up knows no end, so it has a thread of its own."""
    found: list[Any] = []
    errors: list[OSError] = []
    is_done = threading.Event()

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            errors.append(error)
        except UnicodeError as error:  # a label that is too long
            errors.append(OSError(str(error)))
        finally:
            is_done.set()

    if _is_address(host):
        look_up()
    else:
        threading.Thread(target=look_up, name="name look-up", daemon=True).start()
    if not wait_in_steps(is_done.wait, seconds):
        raise TimeoutError("the name was not found in time")
    if errors:
        raise errors[0]
    return found


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host)
            return True
    return False


def _first_connected(addresses: list[Any], seconds: float | None) -> socket.socket:
    """A socket that is connected to the first address that takes it. Raises the last error."""
    last: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in addresses:
        trying = socket.socket(family, kind, protocol)
        try:
            _connect(trying, address, seconds)
        except OSError as error:
            trying.close()
            last = error
        except BaseException:
            trying.close()
            raise
        else:
            return trying
    raise last


def _connect(trying: socket.socket, address: Any, seconds: float | None) -> None:
    trying.setblocking(False)
    trying.connect_ex(address)  # what it says now, SO_ERROR says as well once it is decided
    poller = select.poll()
    poller.register(trying, select.POLLOUT)
    if not wait_in_steps(lambda step: bool(poller.poll(1_000 * step)), seconds):
        raise TimeoutError("nobody answered")
    if error := trying.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, os.strerror(error))
