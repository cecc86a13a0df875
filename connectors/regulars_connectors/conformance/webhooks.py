"""Checks of a connector that takes webhooks: deliveries that no provider signed, and odd bodies."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from ..contract import SupportsWebhooks, WebhookRequest
from ..contract_faults import webhook_faults
from ..errors import FeatureUnavailable, InvalidResponse, WebhookRefused
from ..instants import SECOND, Instant
from .calls import Calls, Stopped
from .promises import Ledger

_VERIFY, _HANDLE = "verify_webhook()", "handle_webhook()"
_REFUSALS = (WebhookRefused, FeatureUnavailable)
_ANOTHER_KEY = b"a key of somebody else, 32 bytes"
_BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b'{"event_type": "regulars.check", "type": "regulars.check", "data": {}}',
    b'{"event_type": 7, "data": [1, 2]}',
    b"[" * 5_000,
    b"\xff\xfe{}",
)


def judge_webhooks(ledger: Ledger, calls: Calls, connector: SupportsWebhooks, now: Instant) -> None:
    """Every delivery that is unsigned, or signed by another key, must be refused. Every body must
    be read or called unreadable."""
    ledger.judged("webhooks")
    for what, request in forged_deliveries(now):
        try:
            calls.one(_VERIFY, connector.verify_webhook, request)
        except Stopped as stopped:
            if stopped.error is not None and not isinstance(stopped.error, _REFUSALS):
                kind = type(stopped.error).__name__
                ledger.broken("webhooks", _VERIFY, f"raised {kind} for a delivery that is {what}")
            continue
        ledger.broken("webhooks", _VERIFY, f"accepts a delivery that is {what}")
    for body in _BODIES:
        _judge_body(ledger, calls, connector, body)


def _judge_body(ledger: Ledger, calls: Calls, connector: SupportsWebhooks, body: bytes) -> None:
    try:
        returned: Any = calls.one(_HANDLE, connector.handle_webhook, body)
    except Stopped as stopped:
        if stopped.error is not None and not isinstance(stopped.error, InvalidResponse):
            kind = type(stopped.error).__name__
            ledger.broken("webhooks", _HANDLE, f"raised {kind} for an odd body")
        return
    for fault in dict.fromkeys(webhook_faults(returned)):
        ledger.broken("webhooks", _HANDLE, fault)


def forged_deliveries(now: Instant) -> Iterator[tuple[str, WebhookRequest]]:
    """Deliveries that look right by the schemes in use, each with what is wrong with it."""
    body = b'{"event_type": "subscription.created", "data": {"id": "1"}}'
    moment = str(now // SECOND)
    yield "unsigned", WebhookRequest({}, b"{}")
    yield "unsigned", WebhookRequest({"signature": "forged"}, b'[{"type": "forged", "id": "1"}]')
    for prefix in ("svix", "webhook"):
        signed = f"msg_1.{moment}.".encode() + body
        headers = {
            f"{prefix}-id": "msg_1",
            f"{prefix}-timestamp": moment,
            f"{prefix}-signature": f"v1,{base64.b64encode(_sign(signed)).decode()}",
        }
        yield "signed by another key", WebhookRequest(headers, body)
        headers = headers | {f"{prefix}-signature": "v1, v1,= v1,AAAA"}
        yield "signed with nothing", WebhookRequest(headers, body)
    milliseconds = f"{moment}000"
    hexadecimal = _sign(body + milliseconds.encode()).hex()
    for name, value in (
        ("x-ghost-signature", f"sha256={hexadecimal}, t={milliseconds}"),
        ("x-hub-signature-256", f"sha256={_sign(body).hex()}"),
        ("x-signature", _sign(body).hex()),
        ("signature", _sign(body).hex()),
    ):
        yield "signed by another key", WebhookRequest({name: value}, body)


def _sign(content: bytes) -> bytes:
    return hmac.digest(_ANOTHER_KEY, content, hashlib.sha256)
