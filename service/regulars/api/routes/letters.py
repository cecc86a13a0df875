"""Replies, conversations, and what the owner says of letters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from regulars.errors import UsageWrong
from regulars.replies.conversations import Kind, State
from regulars.replies.listing import Reply, list_replies, place_of
from regulars.replies.making import tie_letters
from regulars.reports.waiting import WAITING, OpenConversation, WaitingParameters
from regulars.settings import Settings
from regulars.store.actions.letters import MOST_AT_ONCE, LetterAction, say_of_letters
from regulars.store.protocols import WritableStore
from regulars_connectors.instants import from_datetime, to_datetime

from ..problems import problem_responses
from ..query_parameters import each_once, no_parameters
from ..report_service import ReportService
from .reports import PublicationName

MOST_ITEMS, USUAL_ITEMS = 500, 100
_REPLY: dict[str, Any] = {
    "id": "6d825709ba2f9cae489d550fd1639c71",
    "source": "letter",
    "person_id": "per_5a2e0fb1c3d94e7786aa10f2bc",
    "connection": "field-notes-beehiiv",
    "post_id": "post_0f3a",
    "is_guess": False,
    "answered_at": "2026-11-21T08:12:00Z",
    "words": 41,
}
_CONVERSATION: dict[str, Any] = {
    "conversation": "cnv_2fbccb0e3a1d89dfbf6f81d550",
    "letter_id": "6d825709ba2f9cae489d550fd1639c71",
    "person_id": "per_5a2e0fb1c3d94e7786aa10f2bc",
    "connection": "field-notes-beehiiv",
    "post_id": "post_0f3a",
    "title": "Bread and salt",
    "since": "2026-11-21T08:12:00Z",
    "kind": "question",
    "state": "waiting",
    "letters_in": 1,
    "letters_out": 0,
}


class ReplyItem(BaseModel):
    """What a reader wrote back, without its words."""

    id: str
    source: str = Field(description="letter: from mail. signal: as a provider or file reports it")
    person_id: str | None = Field(description="null: no subscriber is known")
    connection: str | None
    post_id: str | None = Field(description="null: nobody can say which post it answers")
    is_guess: bool = Field(description="the post is likely, and the reply proves no reading of it")
    answered_at: datetime
    words: int | None = Field(description="words of its own; null where only its arrival is known")


class ReplyPage(BaseModel):
    """Replies, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_REPLY], "next": None}]})

    items: list[ReplyItem]
    next: str | None = Field(description="cursor of the next page; null: this is the last one")


class ConversationPage(BaseModel):
    """Conversations, the longest wait first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_CONVERSATION], "next": None}]}
    )

    items: list[OpenConversation]
    next: str | None = Field(description="cursor of the next page; null: this is the last one")


class ReplyQuery(BaseModel):
    """Which replies are wanted."""

    model_config = ConfigDict(extra="forbid")

    post: str | None = Field(default=None, description="the provider's id of one post")
    person: str | None = Field(default=None, description="our id of one person (per_...)")
    limit: int = Field(default=USUAL_ITEMS, ge=1, le=MOST_ITEMS, description="most on a page")
    cursor: str | None = Field(default=None, max_length=200, description="`next` of a page before")


class ConversationQuery(BaseModel):
    """Which conversations are wanted."""

    model_config = ConfigDict(extra="forbid")

    state: State = Field(default="waiting", description="conversations in this state")
    kind: Kind | None = Field(default=None, description="by what the last turn is")
    post: str | None = Field(default=None, description="the provider's id of one post")
    limit: int = Field(default=USUAL_ITEMS, ge=1, le=MOST_ITEMS, description="most on a page")
    cursor: str | None = Field(default=None, max_length=200, description="`next` of a page before")


class LettersRequest(BaseModel):
    """What becomes of some letters, or who wrote them. The last word on a letter counts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"action": "rest", "letters": [_REPLY["id"]]}]},
    )

    action: LetterAction = Field(
        description="rest: it needs no answer. later: it waits again from `until` on. answered:"
        " elsewhere. person, machine: who wrote it"
    )
    letters: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE, description="ids of letters")
    until: datetime | None = Field(default=None, description="of later, with its zone")


class LettersResult(BaseModel):
    """How many of the letters the word was news for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"changed": 1}]})

    changed: int


def letters_router(settings: Settings, store: WritableStore, service: ReportService) -> APIRouter:
    """Below a publication: GET /replies, GET /conversations, POST /conversations/acts."""
    router = APIRouter(prefix="/publications/{publication}", tags=["letters"])

    @router.get(
        "/replies",
        operation_id="replies_list",
        summary="What readers wrote back, the newest first",
        responses=problem_responses(400, 404, 406, 421, 422, 500, 503),
        dependencies=[each_once],
    )
    def read_replies(
        publication: PublicationName, query: Annotated[ReplyQuery, Query()]
    ) -> ReplyPage:
        found = settings.publication(publication)
        tie_letters(store, found)
        replies = list_replies(
            store,
            found.name,
            service.now(),
            limit=query.limit + 1,
            post=query.post,
            person=query.person,
            after=_place(query.cursor),
        )
        page = replies[: query.limit]
        more = len(replies) > query.limit
        return ReplyPage(
            items=[_item(one) for one in page],
            next=_cursor(*place_of(page[-1])) if more else None,
        )

    @router.get(
        "/conversations",
        operation_id="conversations_list",
        summary="Conversations with readers, the longest wait first",
        responses=problem_responses(400, 404, 406, 421, 422, 500, 503),
        dependencies=[each_once],
    )
    def read_conversations(
        publication: PublicationName, query: Annotated[ConversationQuery, Query()]
    ) -> ConversationPage:
        asked = WaitingParameters(state=query.state)
        wanted = service.query(WAITING, settings.publication(publication), asked, None)
        after = _place(query.cursor)
        found = [
            one
            for one in service.computed(wanted).result.listed
            if query.kind in (None, one.kind)
            and query.post in (None, one.post_id)
            and (after is None or (from_datetime(one.since), one.conversation) > after)
        ]
        page = found[: query.limit]
        last = page[-1] if len(found) > query.limit else None
        return ConversationPage(
            items=page,
            next=None if last is None else _cursor(from_datetime(last.since), last.conversation),
        )

    @router.post(
        "/conversations/acts",
        operation_id="conversations_act",
        summary="Let letters rest, put them off, or say who wrote them",
        responses=problem_responses(400, 403, 404, 406, 413, 415, 421, 422, 500, 503),
        dependencies=[no_parameters],
    )
    def say_what_becomes(publication: PublicationName, wish: LettersRequest) -> LettersResult:
        found = settings.publication(publication)
        changed = say_of_letters(
            store,
            found.name,
            wish.letters,
            wish.action,
            at=service.clock(),
            until=_instant(wish.until),
        )
        return LettersResult(changed=changed)

    return router


def _instant(until: datetime | None) -> int | None:
    if until is None:
        return None
    if until.tzinfo is None:
        raise UsageWrong("`until` has no zone.", to_do="Write it like 2026-12-24T08:00:00Z.")
    return from_datetime(until)


def _item(reply: Reply) -> ReplyItem:
    connection, post_id = reply.post or (None, None)
    return ReplyItem(
        id=reply.id,
        source=reply.source,
        person_id=reply.person_id,
        connection=connection,
        post_id=post_id,
        is_guess=reply.is_guess,
        answered_at=reply.answered_at,
        words=reply.words,
    )


def _cursor(at: int, name: str) -> str:
    return f"{at}~{name}"


def _place(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    at, mark, name = cursor.partition("~")
    if not (mark and name and at.isascii() and at.isdigit() and len(at) < 18):
        raise UsageWrong("The cursor is none of ours.", to_do="Send `next` of the page before.")
    to_datetime(int(at))
    return int(at), name
