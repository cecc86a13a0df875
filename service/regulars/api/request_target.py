"""Whom a request is addressed to: its Host header and the authority in its target.

A program and a server that read these differently can be played off against each other. So a
request that names its addressee twice, or in an odd form, is refused before anything looks at it.
"""

from __future__ import annotations

import re

from starlette.types import Scope

from regulars.settings.server import LOOPBACK_NAMES

from .problems import HostRefused, RequestMalformed

TARGET = "regulars.target"
"""The extension of the scope that holds such a target, under ``url`` as bytes."""

_PORT = re.compile(r"(:\d{1,5})?", re.ASCII)
_BRACKETS = re.compile(r"(\[[0-9a-f:.]+\])(.*)", re.ASCII)
_AUTHORITY = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)


def checked_host(scope: Scope, names: frozenset[str] = LOOPBACK_NAMES) -> str:
    """The request's host as it was sent. Raises RequestMalformed and HostRefused.

    names: those that the service answers to, in lower case and without ports.
    """
    named = [value for name, value in scope["headers"] if name == b"host"]
    if len(named) > 1:
        raise RequestMalformed("The request has several Host headers.")
    host = named[0] if named else b""
    target = scope.get("extensions", {}).get(TARGET, {}).get("url")
    if target is not None and _authority(target) != host.strip().lower():
        raise RequestMalformed("The request's target names another host than its Host header.")
    text = str(host.decode("latin-1"))
    if _name_of(text.strip().lower(), names) not in names:
        raise HostRefused("This service answers to the names of its settings and to loopback ones.")
    return text


def _authority(target: bytes) -> bytes | None:
    found = _AUTHORITY.match(target)
    return found[1].lower() if found else None


def _name_of(host: str, names: frozenset[str]) -> str:
    """The name in front of a port. IPv6 addresses keep their brackets."""
    if "[" in host or "]" in host or host.count(":") > 1:
        bracketed = _BRACKETS.fullmatch(host)
        if bracketed is None or not _PORT.fullmatch(bracketed[2]):
            raise RequestMalformed("The Host header is no host name with a port.")
        return bracketed[1]
    name, colon, port = host.partition(":")
    if name in names and not _PORT.fullmatch(colon + port):
        raise RequestMalformed("The Host header is no host name with a port.")
    return name
