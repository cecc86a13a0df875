"""Webhooks in: what a provider delivers by itself, signed by it.

Everybody may send here, so the work for a stranger is bounded: a body of at most 1 MiB, one look
at its signature, and one answer for whatever is wrong. The answer to a good delivery is sent once
it is durable.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from typing import Annotated, Protocol

import anyio
import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response

from regulars.errors import NothingHere, SettingsWrong
from regulars.store.actions.hooks import Delivery
from regulars_connectors.bounds import said
from regulars_connectors.contract import WebhookRequest
from regulars_connectors.errors import ConnectorError, WebhookRefused

from ..problems import DeliveryRefused, NotReady, problem_responses

logger = logging.getLogger(__name__)

Named = Annotated[str, Path(description="name of the connection in the settings")]
_BODY = {
    "schema": {"type": "string", "format": "binary", "description": "as the provider sent it"},
    "example": '{"event_type": "post.sent", "data": {"id": "post_1"}}',
}
_JUDGED_AT_ONCE = 2
"""In threads of their own, so that a flood of them holds up no page."""


class Hooks(Protocol):
    """Takes webhooks: ``regulars.sync.hooks.HookIntake``, or a stand-in in tests."""

    def judge(self, connection: str, request: WebhookRequest) -> Delivery:
        """The delivery in a request, if its signature holds. Raises WebhookRefused, NothingHere."""

    def keep(self, delivery: Delivery) -> Future[None]:
        """Commit it. The result is there once it is durable. Raises TooManyDeliveries."""


class NoHooks:
    """Takes none."""

    def judge(self, connection: str, request: WebhookRequest) -> Delivery:
        """Raises NothingHere."""
        raise NothingHere("No webhooks are taken at this address.")

    def keep(self, delivery: Delivery) -> Future[None]:
        """Never asked, since nothing is judged."""
        raise NotImplementedError


def hooks_router(hooks: Hooks) -> APIRouter:
    """POST /hooks/{connection}."""
    router = APIRouter(tags=["webhooks"])
    limiter: list[anyio.CapacityLimiter] = []

    @router.post(
        "/hooks/{connection}",
        operation_id="hook_receive",
        summary="Take a webhook of a provider",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 403, 404, 413, 421, 422, 500, 503),
        openapi_extra={"requestBody": {"content": {"*/*": _BODY}, "required": True}},
    )
    async def receive(connection: Named, request: Request) -> Response:
        if not limiter:  # it belongs to the loop that serves
            limiter.append(anyio.CapacityLimiter(_JUDGED_AT_ONCE))
        delivered = WebhookRequest(_headers(request), await request.body())
        try:
            delivery = await anyio.to_thread.run_sync(
                hooks.judge, connection, delivered, limiter=limiter[0]
            )
        except WebhookRefused as error:
            raise DeliveryRefused(error.happened) from None
        except (SettingsWrong, ConnectorError) as error:
            # What is wrong is for the owner alone. A provider tries again.
            logger.warning("webhooks of %s cannot be judged: %s", said(connection), error.happened)
            raise NotReady("Webhooks of this connection cannot be taken now.") from None
        await asyncio.wrap_future(hooks.keep(delivery))
        return Response(status_code=204)

    return router


def _headers(request: Request) -> dict[str, str]:
    """Each header once. One that comes several times is joined, as HTTP says."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
