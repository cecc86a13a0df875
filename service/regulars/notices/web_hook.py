"""Notices by web hook: signed JSON, or the shape that Slack or ntfy takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from regulars.errors import NoticeUndelivered
from regulars.settings import WebHookSettings
from regulars_connectors.http import Outgoing, PostFailed
from regulars_connectors.instants import Instant, to_iso

from .findings import Notice
from .signing import signed_headers
from .words import Words, body_of, notice_facts, subject_of


@dataclass(frozen=True, slots=True)
class HookSecrets:
    """The secrets of a web hook, fetched. url: perhaps one of them."""

    url: str
    secret: str | None = None
    token: str | None = None


def post_signed(
    outgoing: Outgoing, secrets: HookSecrets, notice: Notice, words: Words, now: Instant
) -> None:
    """Post one notice as JSON, signed by Standard Webhooks. Raises NoticeUndelivered."""
    body = payload(notice, words)
    message_id = f"msg_{hashlib.sha256(notice.id.encode()).hexdigest()[:32]}"
    headers = signed_headers(secrets.secret or "", message_id, now, body)
    _post(outgoing, secrets.url, body, headers | {"Content-Type": "application/json"})


def payload(notice: Notice, words: Words) -> bytes:
    """The JSON of a notice: its type, when it began, and ``data`` with the facts and the words."""
    data = notice_facts(notice, words)
    kind = data.pop("type")
    return msgspec.json.encode({"type": kind, "timestamp": to_iso(notice.since), "data": data})


def post_words(
    outgoing: Outgoing, hook: WebHookSettings, secrets: HookSecrets, words: Sequence[Words]
) -> None:
    """Post notices as one message, in the shape of Slack or ntfy. Raises NoticeUndelivered."""
    if hook.shape == "slack":
        body = msgspec.json.encode({"text": f"*{_plain(subject_of(words))}*\n{_slack(words)}"})
        _post(outgoing, secrets.url, body, {"Content-Type": "application/json"})
        return
    headers = {"Content-Type": "text/plain; charset=utf-8", "Title": subject_of(words)}
    if secrets.token is not None:
        headers["Authorization"] = f"Bearer {secrets.token}"
    _post(outgoing, secrets.url, body_of(words).encode(), headers)


def _slack(words: Sequence[Words]) -> str:
    return "\n\n".join(_plain(f"{one.happened}\n{one.to_do}") for one in words)


def _plain(text: str) -> str:
    """The text as Slack shows it: these three characters begin links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _post(outgoing: Outgoing, url: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        outgoing.post(url, body, headers)
    except PostFailed as error:
        raise NoticeUndelivered(
            error.happened, why=error.why, after_seconds=error.after_seconds
        ) from error
