"""What a delivery of beehiiv means: a hint of a stream, or the answers to a survey.

A pull shows everything that beehiiv delivers, except answers to surveys. Field by field is read
what can be read, and what cannot be costs itself alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from ..bounds import said
from ..contract import WebhookEvent
from ..errors import InvalidResponse
from ..instants import EARLIEST, LATEST, Instant, from_iso
from ..loose import UNREADABLE, LooseDecoder, Unread
from ..records import Hint, Question, Record, Signal
from .mapping import instant
from .wire import ABSENT, Id

SURVEY_ANSWERED = "survey.response_submitted"
HINTS: Mapping[str, str] = {
    "post.sent": "posts",
    "post.updated": "posts",
    "post.scheduled": "posts",
    "subscription.created": "subscriptions",
    "subscription.confirmed": "subscriptions",
    "subscription.deleted": "subscriptions",
    "subscription.upgraded": "subscriptions",
    "subscription.downgraded": "subscriptions",
    "subscription.paused": "subscriptions",
    "subscription.resumed": "subscriptions",
    "subscription.tier.created": "subscriptions",
    "subscription.tier.deleted": "subscriptions",
    "subscription.tier.paused": "subscriptions",
    "subscription.tier.resumed": "subscriptions",
    "newsletter_list_subscription.subscribed": "list_standings",
    "newsletter_list_subscription.unsubscribed": "list_standings",
    "newsletter_list_subscription.paused": "list_standings",
    "newsletter_list_subscription.resumed": "list_standings",
}
"""The stream that shows what an event reports. Of other events no pull shows anything."""

_CHOSEN = ("choice", "select", "radio", "checkbox", "dropdown", "rating", "scale", "bool", "yes")
"""Kinds of questions whose answers are words of the writer."""
_MILLISECONDS = 100_000_000_000
_MOST_PARTS = 500

_LATEST = 10**15
Moment = (
    Annotated[int, Meta(ge=0, le=_LATEST)]
    | Annotated[float, Meta(ge=0, le=_LATEST)]
    | Annotated[str, Meta(max_length=64)]
    | None
)


class _Envelope(Struct):
    event_type: Annotated[str, Meta(min_length=1, max_length=200)]
    event_timestamp: Moment = None
    data: Raw = ABSENT


class _Named(Struct):
    id: Id | None = None


class _Survey(Struct):
    id: Id
    survey_id: Id | None = None
    created: Moment = None
    answers: list[Raw] | None = None
    subscription: _Named | None = None
    subscription_id: Id | None = None


class _Asked(Struct):
    prompt: str | None = None
    type: str | None = None
    answer: Raw = ABSENT


class _Answer(Struct):
    id: Id | int | None = None
    answer: Raw = ABSENT
    created: Moment = None
    question_data: _Asked | None = None


_ENVELOPE, _SURVEY = LooseDecoder(_Envelope), LooseDecoder(_Survey)
_ANSWER, _NAMED = LooseDecoder(_Answer), LooseDecoder(_Named)


def read_event(body: bytes) -> WebhookEvent:
    """The event in a body whose signature holds. Raises InvalidResponse without its type."""
    unread: Unread = Counter()
    try:
        envelope = _ENVELOPE.decode(body, unread)
    except UNREADABLE as error:
        raise InvalidResponse(f"A delivery cannot be read: {said(str(error))}.") from None
    at = _instant(envelope.event_timestamp)
    meanings: list[Record | Hint] = []
    if envelope.event_type == SURVEY_ANSWERED:
        meanings += _answers(envelope.data, at, unread)
    elif stream := HINTS.get(envelope.event_type):
        meanings.append(Hint(stream=stream, id=_id_in(envelope.data), at=at))
    event_type = said(envelope.event_type)
    return WebhookEvent(event_type, at, tuple(meanings), unread.total())


def _id_in(data: Raw) -> str | None:
    try:
        return _NAMED.decode(data, Counter()).id
    except UNREADABLE:
        return None


def _answers(data: Raw, at: Instant | None, unread: Unread) -> Iterator[Record]:
    """The questions of a survey, each with the answer to it."""
    try:
        survey = _SURVEY.decode(data, unread)
    except UNREADABLE as error:
        raise InvalidResponse(f"A survey cannot be read: {said(str(error))}.") from None
    for number, raw in enumerate((survey.answers or ())[:_MOST_PARTS]):
        try:
            answer = _ANSWER.decode(raw, unread)
        except UNREADABLE:
            unread["answers"] += 1
            continue
        yield from _answer(survey, answer, number, at)
    unread["answers"] += max(0, len(survey.answers or ()) - _MOST_PARTS)


def _answer(
    survey: _Survey, row: _Answer, number: int, at: Instant | None
) -> Iterator[Question | Signal]:
    asked = row.question_data or _Asked()
    words = _words(row.answer) or _words(asked.answer)
    if words is None:
        return  # a question that was passed over
    prompt = (asked.prompt or "").strip()
    question = _question_id(survey.survey_id or survey.id, prompt or f"question {number + 1}")
    if prompt:
        yield Question(id=question, kind="survey", name=prompt, text=prompt)
    is_chosen = any(kind in (asked.type or "").lower() for kind in _CHOSEN)
    named = survey.subscription.id if survey.subscription else None
    yield Signal(
        kind="survey",
        id=f"{survey.id}/{number if row.id is None else row.id}",
        subscription_id=named or survey.subscription_id,
        at=_instant(row.created) or _instant(survey.created) or at,
        question_id=question,
        answer=words if is_chosen else None,
        text=None if is_chosen else words,
    )


def _question_id(survey: str, prompt: str) -> str:
    """An id of our own, since beehiiv sends none: the same words are the same question."""
    return f"{survey}/{hashlib.sha256(prompt.encode()).hexdigest()[:16]}"


def _words(raw: Raw) -> str | None:
    """An answer as a text, whatever its kind. None if there is none."""
    try:
        value: Any = msgspec.json.decode(raw) if bytes(raw) else None
    except UNREADABLE:
        return None
    found = value if isinstance(value, list) else [value]
    parts = [_word(one) for one in found]
    return ", ".join(part for part in parts if part) or None


def _word(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value.strip()
        case _:
            return msgspec.json.encode(value).decode()


def _instant(value: float | str | None) -> Instant | None:
    """The instant of a time in seconds, milliseconds or text. None for anything else."""
    if isinstance(value, str):
        try:
            found = from_iso(value)
        except (ValueError, OverflowError):
            return None
        return found if EARLIEST <= found < LATEST else None
    if value is not None and value >= _MILLISECONDS:
        value /= 1000
    found_at = instant(value)
    return found_at if found_at is not None and found_at < LATEST else None
