"""Every route lists its query parameters and refuses others, so that a typing error shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from fastapi import Depends, Request

from regulars.errors import UsageWrong


def _refuse_parameters(request: Request) -> None:
    if request.query_params:
        names = ", ".join(sorted(set(request.query_params)))[:200]
        raise UsageWrong(
            f"This address takes no parameters. The request has: {names}.",
            to_do="Leave them out. /api/v1/openapi.json describes every route.",
        )


def refuse_doubled(request: Request, lists: Collection[str] = ()) -> None:
    """Raise UsageWrong for a repeated parameter. Parameters in ``lists`` may repeat."""
    counts = Counter(name for name, _ in request.query_params.multi_items() if name not in lists)
    doubled = ", ".join(sorted(name for name, count in counts.items() if count > 1))[:200]
    if doubled:
        raise UsageWrong(
            f"Repeated parameter: {doubled}.",
            to_do="Send each parameter once, and a request for each value.",
        )


async def _refuse_doubled(request: Request) -> None:
    refuse_doubled(request)


no_parameters = Depends(_refuse_parameters)
each_once = Depends(_refuse_doubled)
