"""Query parameters are named in a list; anything else is refused, so that a slip is noticed."""

from __future__ import annotations

from fastapi import Depends, Request

from regulars.errors import UsageWrong


def _refuse_parameters(request: Request) -> None:
    if request.query_params:
        names = ", ".join(sorted(set(request.query_params)))[:200]
        raise UsageWrong(
            f"This address takes no parameters, but was given: {names}.",
            to_do="Leave them out; /api/v1/openapi.json describes every route.",
        )


no_parameters = Depends(_refuse_parameters)
