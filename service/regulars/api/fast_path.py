"""Responses from memory, ahead of routing.

Widgets and reports are requested again and again, and change with a week or a sync. The way
through the application (error handlers, routing, parameter checks) costs several times as much as
sending such a response. So the most requested addresses are in a table, each with a function that
looks its response up in memory. Without one, and for every other request, the routes answer with
the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Lookup: TypeAlias = Callable[[Scope], Response | None]
"""Returns the response for its address, or None. It returns at once and raises nothing."""


class FastPath:
    """The table of lookups. ``otherwise``: the application for all other requests."""

    def __init__(self, lookups: Mapping[str, Lookup], *, otherwise: ASGIApp) -> None:
        self._lookups = lookups
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the table, or pass on."""
        await (self._find(scope) or self._otherwise)(scope, receive, send)

    def _find(self, scope: Scope) -> Response | None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        lookup = self._lookups.get(scope["path"])
        return lookup(scope) if lookup is not None else None
