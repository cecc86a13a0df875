"""Deliveries of the invented newsletter, signed as beehiiv signs them, and sent to one address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from ...instants import SECOND, Instant
from ..world import World

_TIMEOUT_SECONDS = 30


def post_sent(world: World) -> dict[str, Any]:
    """The newest post has gone out."""
    post = world.posts[-1]
    return {"id": post.id, "title": post.title, "status": "confirmed"}


def survey_answered(world: World) -> dict[str, Any]:
    """Somebody has answered two questions."""
    person = world.people[0]
    now = world.ended_at // SECOND
    questions = (
        ("What do you read first?", "long_text", "Whatever stands last."),
        ("How often should it come?", "multiple_choice", "Weekly"),
    )
    return {
        "id": "srsp_00000000-0000-4000-8000-000000000001",
        "survey_id": "srv_00000000-0000-4000-8000-000000000001",
        "created": now,
        "updated": now,
        "answers": [
            {
                "id": number,
                "answer": answer,
                "created": now,
                "updated": now,
                "question_data": {"prompt": prompt, "type": kind, "answer": answer},
            }
            for number, (prompt, kind, answer) in enumerate(questions, start=1)
        ],
        "subscription": {"id": person.id, "email": person.email, "status": "active"},
    }


EVENTS: Mapping[str, Callable[[World], dict[str, Any]]] = {
    "post.sent": post_sent,
    "survey.response_submitted": survey_answered,
}


def body_of(event_type: str, world: World, at: Instant) -> bytes:
    """The body of a delivery, in beehiiv's envelope."""
    data = EVENTS[event_type](world)
    digest = hashlib.sha256(f"{world.seed} {event_type} {at}".encode()).hexdigest()
    envelope = {
        "uid": f"evt_{digest[:24]}",
        "event_type": event_type,
        "event_timestamp": at // SECOND,
        "data": data,
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def signed(secret: str, delivery_id: str, body: bytes, at: Instant) -> dict[str, str]:
    """The headers of a delivery. secret: whsec_ and base64. Raises ValueError for another form."""
    prefix, _, encoded = secret.partition("_")
    key = base64.b64decode(encoded, validate=True)
    if prefix != "whsec" or not key:
        raise ValueError("The secret has to look like whsec_ and base64.")
    moment = at // SECOND
    content = f"{delivery_id}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "svix-id": delivery_id,
        "svix-timestamp": str(moment),
        "svix-signature": f"v1,{signature}",
    }


def deliver(url: str, secret: str, event_type: str, world: World, at: Instant) -> int:
    """Send one delivery. Returns the status of the answer. Raises ValueError and OSError."""
    if event_type not in EVENTS:
        raise ValueError(f"There is no event {event_type!r}. There are: {', '.join(EVENTS)}.")
    if not url.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:")):
        raise ValueError("The address has to be one of this machine, such as http://127.0.0.1:8765")
    body = body_of(event_type, world, at)
    delivery_id = f"msg_{hashlib.sha256(body).hexdigest()[:24]}"
    headers = signed(secret, delivery_id, body, at)
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
