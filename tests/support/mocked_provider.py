"""What the routes of a mocked provider answer: respx in place of the network."""

from collections.abc import Callable
from typing import Any

import httpx
import respx


def answer_with(route: respx.Route, given: Any) -> respx.Route:
    """Let a route answer: a list in turn; a body, a response, an error or a function for ever."""
    if isinstance(given, list):
        route.side_effect = [_effect(one) for one in given]
    else:
        route.side_effect = _effect(given)
    return route


def _effect(given: Any) -> Any:
    """What respx takes for an answer; a function may give a body or a response."""
    if callable(given):
        return _responding(given)
    return given if isinstance(given, Exception) else response_of(given)


def _responding(function: Callable[[httpx.Request], Any]) -> Callable[[httpx.Request], Any]:
    return lambda request: response_of(function(request))


def response_of(given: Any) -> httpx.Response:
    """A response: as given, or with a body of JSON."""
    return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)
