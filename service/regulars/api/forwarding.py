"""What a proxy in front says of a request: the address that asks, the host it named, the scheme.

Only proxies that the settings name are believed. Of everybody else these headers are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from starlette.types import Scope

from regulars.settings.server import Network

from .problems import HostRefused, RequestMalformed

CLIENT = "regulars.client"
"""The key of the scope that holds the address of whoever asks."""

_FOR, _HOST, _SCHEME = b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"
_MOST_HOPS = 20


class Forwarding:
    """The proxies that are believed. names: the public host names."""

    def __init__(self, proxies: Sequence[Network], names: frozenset[str]) -> None:
        self._proxies = tuple(proxies)
        self._names = names
        # Peers are few: proxies, and programs on this machine.
        self._is_proxy = lru_cache(maxsize=1024)(self._is_in_a_network)

    def apply(self, scope: Scope) -> None:
        """Put what a believed proxy says in the place of what the connection says.

        Raises RequestMalformed and HostRefused.
        """
        peer = scope.get("client")
        address = peer[0] if peer else ""
        scope[CLIENT] = address
        if not self._proxies or not self._is_proxy(address):
            return
        said = _values(scope)
        if _FOR in said:
            scope[CLIENT] = self._client(said[_FOR], address)
        if _SCHEME in said:
            scope["scheme"] = _scheme(said[_SCHEME])
        if _HOST in said:
            self._take_host(scope, said[_HOST])

    def _client(self, values: list[str], peer: str) -> str:
        """The last address in the list that is no proxy of ours: what stands before it may lie."""
        hops = [hop.strip() for hop in ",".join(values).split(",")][-_MOST_HOPS:]
        found = peer
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                return found
            found = address
            if not self._is_proxy(address):
                return found
        return found

    def _take_host(self, scope: Scope, values: list[str]) -> None:
        if len(values) > 1 or "," in values[0]:
            raise RequestMalformed("The proxy names several hosts in X-Forwarded-Host.")
        host = values[0].strip()
        if _without_port(host) not in self._names:
            raise HostRefused("The proxy names a host that `public_host` lacks.")
        others = [pair for pair in scope["headers"] if pair[0] != b"host"]
        scope["headers"] = [(b"host", host.encode("latin-1")), *others]

    def _is_in_a_network(self, address: str) -> bool:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._proxies)


def _values(scope: Scope) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        if name in (_FOR, _HOST, _SCHEME):
            found.setdefault(name, []).append(value.decode("latin-1"))
    return found


def _scheme(values: list[str]) -> str:
    scheme = values[0].strip().lower()
    if len(values) > 1 or scheme not in ("http", "https"):
        raise RequestMalformed("The proxy names no scheme in X-Forwarded-Proto: http or https.")
    return scheme


def _address(hop: str) -> str | None:
    """The address of a hop, without a port; None for what is no address."""
    bare = hop
    if hop.startswith("[") and "]" in hop:
        bare = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        bare = hop.partition(":")[0]
    try:
        return str(ip_address(bare))
    except ValueError:
        return None


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host.lower()
