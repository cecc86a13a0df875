"""Deliveries as beehiiv sends them, signed here by the scheme and by no code of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regulars.settings import Settings, build_settings
from regulars.store import Store
from regulars.sync.hook_reading import read_deliveries
from regulars.sync.hooks import HookIntake
from regulars_connectors import Runtime, WebhookRequest
from regulars_connectors.instants import SECOND, from_iso

SECRET = "whsec_cmVndWxhcnMtaG9vay1rZXktZm9yLXRlc3RzISE="
OTHER_SECRET = "whsec_YW5vdGhlciBrZXkgZm9yIHRlc3RzIQ=="
GHOST_SECRET = "a secret by chance 0123456789"
START = from_iso("2026-10-01T12:00:00Z")
PUBLICATION = "pub_00000000-0000-4000-8000-00000000a001"


def signed(delivery_id: str, body: bytes, at: int = START, secret: str = SECRET) -> dict[str, str]:
    """The headers of a delivery."""
    moment = str(at // SECOND)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"svix-id": delivery_id, "svix-timestamp": moment, "svix-signature": signature}


def post_sent(post: str = "post_1") -> bytes:
    """A delivery that hints at posts."""
    return event("post.sent", {"id": post})


def survey(number: int, answer: str = "The maps", at: int = START, **more: Any) -> bytes:
    """The answer of one subscriber to a survey."""
    told = {"id": number, "answer": answer, "question_data": {"prompt": "Why?", "type": "text"}}
    person = {"id": f"sub_canary_{number:08d}", "email": f"reader{number}@example.org"}
    data = {"id": f"resp_{number}", "survey_id": "survey_1", "answers": [told]}
    return event("survey.response_submitted", data | {"subscription": person} | more, at)


def event(event_type: str, data: Mapping[str, Any], at: int = START) -> bytes:
    """A body in beehiiv's envelope."""
    envelope = {"uid": "evt_1", "event_type": event_type, "event_timestamp": at // SECOND}
    return json.dumps(envelope | {"data": data}).encode()


def settings_with_hooks(folder: Path, **bee: Any) -> Settings:
    """Two connections that take webhooks, one without a secret, and one that takes none."""
    options = {"publication_id": PUBLICATION, "api_key": "canary-key-0123456789"}
    ghost = {
        "base_url": "https://letters.example.org",
        "admin_key": f"{'a' * 24}:{'b' * 64}",
        "webhook_secret": GHOST_SECRET,
    }
    connections = [
        {"name": "bee", "connector": "beehiiv", "webhook_secret": SECRET} | options | bee,
        {"name": "wasp", "connector": "beehiiv", "webhook_secret": OTHER_SECRET} | options,
        {"name": "ghost", "connector": "ghost"} | ghost,
        {"name": "mute", "connector": "beehiiv"} | options,
        {"name": "files", "connector": "files", "folder": "x"},
    ]
    return build_settings(
        {
            "store": {"folder": str(folder), "free_space_floor_mib": 0, "threads": 1},
            "server": {"port": 0},
            "publications": [{"name": "letters", "connections": connections}],
        },
        None,
    )


@dataclass
class HookRig:
    """A store and its intake, without the thread: a test commits and reads by itself."""

    store: Store
    settings: Settings
    now: int = START
    passed_over: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.runtime = Runtime(clock=lambda: self.now, sleep=lambda _: None)
        self.intake = HookIntake(self.store, self.settings, self.runtime)

    def deliver(self, delivery_id: str, body: bytes, connection: str = "bee", **how: Any) -> int:
        """Judge and commit one. Returns how many were new."""
        from regulars.store.actions.hooks import commit_deliveries

        headers = signed(delivery_id, body, self.now, **how)
        delivery = self.intake.judge(connection, WebhookRequest(headers, body))
        return commit_deliveries(self.store, [delivery])

    def read(self) -> None:
        """Make records of everything that waits."""
        while read_deliveries(
            self.store, self.settings, self.intake.find, self.runtime, self.passed_over
        ):
            pass

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.store.read() as cursor:
            return cursor.execute(sql).fetchall()

    def bodies(self) -> list[Path]:
        """The bodies on disk."""
        return sorted((self.store.root / "hooks").rglob("*.body"))
