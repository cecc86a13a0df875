"""Responses counted by route, method and status: a look-up and an addition for each.

All of it happens on the event loop, so there is no lock. A label is never a path that somebody
sent, but the template of a route of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Scope

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"


class _Known(NamedTuple):
    template: str
    pattern: re.Pattern[str]


class RequestCounts:
    """Counts responses, those of routes that it does not know under ``none``."""

    def __init__(self) -> None:
        # One function may answer several routes: then its template depends on the path.
        self._known: dict[Any, list[_Known]] = {}
        self._fast: dict[str, str] = {}
        self._counts: dict[tuple[str, str, int], int] = {}

    def know(self, routes: Iterable[BaseRoute], paths: Iterable[str]) -> None:
        """Take the templates of all routes. paths: of the fast path, which never get so far."""
        for found in iter_route_contexts(list(routes)):
            route: Any = found
            if route.path is not None and route.endpoint is not None:
                known = _Known(route.path, route.path_regex)
                self._known.setdefault(route.endpoint, []).append(known)
        every = [known for its in self._known.values() for known in its]
        self._fast = {path: _template_of(every, path) for path in paths}

    def count(self, scope: Scope, method: str, status: int) -> None:
        """Count a response. scope: that of its request, after the router has seen it.

        method: as it was asked, since HEAD reaches the router as GET.
        """
        endpoint = scope.get("endpoint")
        if endpoint is None:
            template = self._fast.get(scope["path"], NO_ROUTE)
        else:
            its = self._known.get(endpoint, ())
            template = its[0].template if len(its) == 1 else _template_of(its, scope["path"])
        key = (template, method if method in METHODS else "other", status)
        self._counts[key] = self._counts.get(key, 0) + 1

    def counts(self) -> Mapping[tuple[str, str, int], int]:
        """A copy: template, method and status, with the number of responses."""
        return dict(self._counts)


def _template_of(known: Iterable[_Known], path: str) -> str:
    return next((one.template for one in known if one.pattern.match(path)), NO_ROUTE)
