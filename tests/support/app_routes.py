"""Every route of the application, found by walking what it would match a request with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def routes_of(app: Any) -> set[str]:
    """Method and path of each, such as ``GET /api/v1/keys``. HEAD is GET here."""
    return set(_walk(app.router.routes, ""))


def _walk(routes: Iterable[Any], prefix: str) -> Iterator[str]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _walk(inner.routes, prefix + route.include_context.prefix)
            continue
        if hasattr(route, "routes"):  # a mount
            yield from _walk(route.routes, prefix + route.path)
            continue
        methods = getattr(route, "methods", None)
        assert methods, f"a route that takes every method: {route!r}"
        for method in methods:
            if method != "HEAD":
                yield f"{method} {prefix}{route.path}"
