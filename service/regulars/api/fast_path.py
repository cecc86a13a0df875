"""Answers from memory before a route is looked for.

Widgets and reports are asked for again and again, and change with a week or a sync. The way
through the application (its error handlers, routes, checks of parameters) costs several times
what such an answer costs. So the addresses that are asked for most stand in a table, each with a
function that looks its answer up in memory. Where it finds none, and for every other request,
the routes answer; they make the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Lookup: TypeAlias = Callable[[Scope], Response | None]
"""Gives the answer to a request of its address, or None. It neither waits nor raises."""


class FastPath:
    """The table, and the application that is asked ``otherwise``."""

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
