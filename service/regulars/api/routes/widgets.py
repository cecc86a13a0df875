"""The owner's list of widgets. ``public_widgets.py`` has the public addresses."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from regulars.widgets.listing import WidgetList

from ..authority import caller_of
from ..problems import problem_responses
from ..query_parameters import no_parameters
from ..widget_cache import WidgetCache


def widget_list_router(widgets: WidgetCache) -> APIRouter:
    """GET /widgets."""
    router = APIRouter(tags=["widgets"])

    @router.get(
        "/widgets",
        operation_id="widgets_list",
        summary="Every widget of the settings, and what it shows now",
        responses=problem_responses(400, 406, 421, 422, 500, 503),
        dependencies=[no_parameters],
    )
    async def list_widgets(request: Request, response: Response) -> WidgetList:
        response.headers["Cache-Control"] = "private, no-store"
        caller = caller_of(request)
        items = await widgets.listed(request.receive)
        return WidgetList(items=[one for one in items if caller.sees(one.publication)])

    return router
