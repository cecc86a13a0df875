"""The section `[server]`: where the service listens, and how the outside reaches it."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from .section import Section

Network: TypeAlias = IPv4Network | IPv6Network
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_LARGEST_PORT = 65_535


def _listening(text: str) -> str:
    if text != "localhost":
        try:
            ip_address(text)
        except ValueError:
            raise ValueError(
                f"{text!r} is no address to listen on: write one like 127.0.0.1 or 0.0.0.0"
            ) from None
    return text


def _public(text: str) -> str:
    """A name of the outside in lower case, perhaps with a port."""
    name, port = _parted(text.strip().lower())
    good_port = not port or 0 < int(port[1:]) <= _LARGEST_PORT
    if not good_port or not (_NAME.fullmatch(name) or _is_bracketed(name)):
        raise ValueError(
            f"{text!r} is no host name: write one like regulars.example.org, without https://"
        )
    if name in LOOPBACK_NAMES:
        raise ValueError(f"{text!r} is a name of this machine alone: leave it out")
    return name + port


def _parted(text: str) -> tuple[str, str]:
    """The name, and the port with its colon."""
    found = re.search(r":\d{1,5}$", text, re.ASCII)
    return (text[: found.start()], found[0]) if found else (text, "")


def _is_bracketed(name: str) -> bool:
    if not (name.startswith("[") and name.endswith("]")):
        return False
    try:
        return ip_address(name[1:-1]).version == 6
    except ValueError:
        return False


def _network(text: Any) -> Any:
    """A network that names somebody in particular."""
    if isinstance(text, IPv4Network | IPv6Network):
        return text
    try:
        network = ip_network(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError(
            f"{text!r} is no address: write one like 127.0.0.1, or a network like 172.16.0.0/12"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} would believe everybody: name your proxies alone")
    return network


def _several(value: Any) -> Any:
    """A list, or texts between commas, as a variable of the environment has them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


PublicName = Annotated[str, AfterValidator(_public)]
Proxy = Annotated[Network, BeforeValidator(_network)]


class ServerSettings(Section):
    """Where `regulars serve` listens, and the names and proxies of the outside."""

    host: Annotated[str, AfterValidator(_listening)] = Field(
        default="127.0.0.1",
        description="address to listen on; beyond loopback it needs `public_host`, and a key or"
        " sign-in that counts",
    )
    port: int = Field(default=8765, ge=0, le=65535, description="port, or 0 for a free one")
    public_host: Annotated[tuple[PublicName, ...], NoDecode, BeforeValidator(_several)] = Field(
        default=(),
        description="names by which the outside reaches the service, the first one in links; with"
        " one, every request needs a key or a sign-in",
    )
    trusted_proxies: Annotated[tuple[Proxy, ...], NoDecode, BeforeValidator(_several)] = Field(
        default=(),
        description="addresses or networks of proxies whose X-Forwarded-For, -Proto and -Host are"
        " believed",
    )

    longest_answer_seconds: int = Field(
        default=300,
        ge=1,
        le=3_600,
        description="seconds until the answer to a question has to begin, else 503; an answer that"
        " has begun takes what it takes",
    )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host == "localhost" or ip_address(self.host).is_loopback

    @property
    def needs_authority(self) -> bool:
        """Whether every request needs a key or a sign-in: as soon as the outside may come."""
        return bool(self.public_host) or not self.is_loopback

    @property
    def public_url(self) -> str | None:
        """The address that the outside uses, None without one.

        It begins with https behind a proxy. The service itself speaks plain HTTP.
        """
        if not self.public_host:
            return None
        scheme = "https" if self.trusted_proxies else "http"
        return f"{scheme}://{self.public_host[0]}"

    @property
    def local_url(self) -> str:
        """Where the service is reached on its own machine."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        name = everywhere.get(self.host, self.host)
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    @property
    def public_names(self) -> frozenset[str]:
        """The public host names without their ports."""
        return frozenset(_parted(name)[0] for name in self.public_host)

    @property
    def names(self) -> frozenset[str]:
        """Every host name that the service answers to: loopback, its own address, the public."""
        own = {f"[{self.host}]" if ":" in self.host else self.host}
        return LOOPBACK_NAMES | own | self.public_names
