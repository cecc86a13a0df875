"""Deliveries of Ghost: signatures against a value that node computed, and what each hints at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from regulars_connectors import (
    FeatureUnavailable,
    Hint,
    InvalidResponse,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from regulars_connectors.ghost import GhostSettings
from regulars_connectors.ghost.webhooks import read_event, verify
from regulars_connectors.instants import SECOND
from regulars_connectors.webhooks import SIGNED_WITHIN

SECRET = "a secret by chance 0123456789"
BODY = b'{"member":{"current":{"id":"m1"},"previous":{}}}'
# By the crypto module of node 20.
DIGEST = "bf6038d0901d2d5787c8118019ccbac71febfc599ee967c9a2c54a9dda9d9a7b"
SIGNATURE = f"sha256={DIGEST}, t=1790856000123"
AT = 1790856000 * SECOND + 123_000


def signed(signature: str = SIGNATURE, body: bytes = BODY) -> WebhookRequest:
    return WebhookRequest({"X-Ghost-Signature": signature}, body)


def test_a_delivery_signed_by_node_is_accepted_with_any_of_the_secrets() -> None:
    one = verify(signed(), [SECRET], AT)
    assert verify(signed(), ["another secret by chance", SECRET], AT + SIGNED_WITHIN) == one
    assert one.startswith("ghost-")


@pytest.mark.parametrize(
    "bad",
    [
        WebhookRequest({}, BODY),
        signed(body=BODY[:-1]),
        signed(body=BODY.replace(b":", b": ")),
        signed(f"sha256={DIGEST}, t=1790856000124"),
        signed(f"sha256={DIGEST}, t=790856000123", BODY + b"1"),
        signed(f"sha256={DIGEST}, t=001790856000123"),
        signed(f"sha256={DIGEST.upper()}, t=1790856000123"),
        signed(f"sha256={DIGEST}"),
        signed(f"sha256={DIGEST[:32]}, t=1790856000123"),
        signed(f"sha1={DIGEST}, t=1790856000123"),
    ],
)
def test_a_bad_delivery_is_refused(bad: WebhookRequest) -> None:
    with pytest.raises(WebhookRefused):
        verify(bad, [SECRET], AT)


def test_a_stale_delivery_is_refused() -> None:
    for moved in (-SIGNED_WITHIN - 1, SIGNED_WITHIN + 1):
        with pytest.raises(WebhookRefused):
            verify(signed(), [SECRET], AT + moved)


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(FeatureUnavailable):
        verify(signed(), [], AT)


def changed(name: str, current: Any, previous: Any) -> bytes:
    return json.dumps({name: {"current": current, "previous": previous}}).encode()


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (BODY, WebhookEvent("member.added", None, (Hint(stream="subscriptions", id="m1"),))),
        (
            changed("member", {"id": "m1"}, {"name": "A"}),
            WebhookEvent("member.edited", None, (Hint(stream="subscriptions", id="m1"),)),
        ),
        (
            changed("member", {}, {"id": "m1"}),
            WebhookEvent("member.deleted", None, (Hint(stream="subscriptions", id="m1"),)),
        ),
        (
            changed("post", {"id": "p1", "title": 5}, {"id": "p1"}),
            WebhookEvent("post.edited", None, (Hint(stream="posts", id="p1"),)),
        ),
        (b'{"post": 7}', WebhookEvent("post.edited", None, (Hint(stream="posts"),))),
        (b'{"page": {}}', WebhookEvent("page")),
        (b'{"event": "page.added", "page": {}}', WebhookEvent("page.added")),
        (
            b'{"event": "post.published", "post": {"current": {"id": "p1"}}}',
            WebhookEvent("post.published", None, (Hint(stream="posts", id="p1"),)),
        ),
        (b'{"event": 7, "post": {}}', WebhookEvent("post.deleted", None, (Hint(stream="posts"),))),
        (b"{}", WebhookEvent("site.changed")),
    ],
)
def test_each_delivery_hints_at_the_stream_that_shows_it(body: bytes, event: WebhookEvent) -> None:
    assert read_event(body) == event


@pytest.mark.parametrize("odd", [b"", b"[]", b"\xff", b"[" * 10_000])
def test_a_body_that_cannot_be_read_is_called_so(odd: bytes) -> None:
    with pytest.raises(InvalidResponse):
        read_event(odd)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        GhostSettings(
            base_url="https://letters.example.org",
            admin_key=f"{'a' * 24}:{'b' * 64}",  # type: ignore[arg-type]
            webhook_secret="short",  # type: ignore[arg-type]
        )
