"""One message posted to an address that the owner named, such as a web hook.

The rules are those of requests to providers: https, or http on loopback, no redirect followed, no
proxy of the environment, one deadline for all of it. The answer's body is never read. On top of
that, every address of the host must be a public one and the port 443, unless the owner lists the
host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import httpx

from ..instants import Instant
from ..plural import pluralize
from .deadline import Deadline, DeadlinePassed
from .network import AddressRefused, NetworkTransport
from .pacing import named_wait

SECONDS = 30.0
CONNECT_SECONDS = 10.0
_HTTPS = 443
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Trouble = Literal["not allowed", "unreachable", "too slow", "dropped", "redirected", "refused"]


class PostFailed(Exception):
    """A message was not taken. why: the kind of trouble. status: of the answer, if there was one.

    after_seconds: how long the receiver wants to be left alone, if it says so. The text names the
    host alone, for the rest of an address may be a key.
    """

    def __init__(
        self,
        why: Trouble,
        happened: str,
        status: int | None = None,
        after_seconds: float | None = None,
    ) -> None:
        super().__init__(happened)
        self.why = why
        self.happened = happened
        self.status = status
        self.after_seconds = after_seconds


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Where messages may go. listed: hosts, or host:port, that may be private or on another port.

    clock: for dates in the answer's headers. should_stop: whether the owner asked to stop.
    """

    clock: Callable[[], Instant]
    listed: Collection[str] = ()
    seconds: float = SECONDS
    should_stop: Callable[[], bool] | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post the body. Returns the status of the answer, 200 to 299. Raises PostFailed."""
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise PostFailed("not allowed", "The address of the web hook is no address.") from None
        self._check(target)
        transport = NetworkTransport(
            is_secure=target.scheme == "https",
            may_reach=lambda address: self._is_listed(target) or is_public(address),
        )
        try:
            return self._post(transport, target, body, headers)
        finally:
            transport.close()

    def _check(self, target: httpx.URL) -> None:
        host, port = target.host, target.port or _HTTPS
        if target.scheme != "https" and not (target.scheme == "http" and _is_loopback(host)):
            raise PostFailed("not allowed", f"The web hook at {host} must begin with https://.")
        if not host:
            raise PostFailed("not allowed", "The address of the web hook has no host.")
        if target.userinfo:
            raise PostFailed("not allowed", f"The web hook at {host} may not hold a user.")
        if target.scheme == "https" and port != _HTTPS and not self._is_listed(target):
            raise PostFailed(
                "not allowed", f"The web hook at {host} uses port {port}, and is not listed for it."
            )

    def _is_listed(self, target: httpx.URL) -> bool:
        host = f"[{target.host}]" if ":" in target.host else target.host
        if f"{host}:{target.port or _HTTPS}" in self.listed:
            return True
        return target.port in (None, _HTTPS) and host in self.listed

    def _post(
        self,
        transport: NetworkTransport,
        target: httpx.URL,
        body: bytes,
        headers: Mapping[str, str],
    ) -> int:
        host = target.host
        timeout = httpx.Timeout(self.seconds, connect=CONNECT_SECONDS).as_dict()
        request = httpx.Request(
            "POST",
            target,
            headers={"User-Agent": "regulars", "Accept-Encoding": "identity", **headers},
            content=body,
            extensions={"timeout": timeout},
        )
        deadline = Deadline(self.seconds, self.should_stop)
        try:
            with deadline.applies():
                response = transport.handle_request(request)
                try:
                    self._judge(response, host)
                finally:
                    response.close()
        except AddressRefused:
            raise PostFailed(
                "not allowed", f"{host} has a private address, and is not listed."
            ) from None
        except (DeadlinePassed, httpx.TimeoutException):
            late = f"{host} took longer than {pluralize(round(self.seconds), 'second')}."
            raise PostFailed("too slow", late) from None
        except httpx.ConnectError as error:
            raise PostFailed("unreachable", f"{host} cannot be reached ({error}).") from error
        except httpx.TransportError as error:
            raise PostFailed("dropped", f"{host} broke the connection off.") from error
        return response.status_code

    def _judge(self, response: httpx.Response, host: str) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise PostFailed(
                "redirected",
                f"{host} answered with a redirect ({status}), which is not followed.",
                status,
            )
        wait = named_wait(response.headers, self.clock())
        raise PostFailed("refused", f"{host} answered with status {status}.", status, wait)


def is_public(address: str) -> bool:
    """Whether an IP address, as text, belongs to the public network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None and found.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


def _is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")
