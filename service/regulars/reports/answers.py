"""What did people say: polls, surveys, comments, feedback and replies, by post and by person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from pydantic import Field

from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import LeftOut, Part
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report

Kind: TypeAlias = Literal["reply", "comment", "poll", "survey", "feedback"]


class AnswersParameters(Parameters):
    """Which answers are wanted."""

    post: str | None = Field(default=None, description="the provider's id of one post")
    person: str | None = Field(default=None, description="our id of one person (per_...)")


class AnswerRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One answer. Times are naive UTC."""

    connection: str
    kind: Kind
    person_id: str | None
    post_id: str | None
    post_title: str | None
    sent_at: datetime | None
    question_id: str | None
    question: str | None
    answer: str | None
    text: str | None
    answered_at: datetime


class Choice(Part):
    """One label and how many chose it."""

    label: str
    count: int


class QuestionAnswers(Part):
    """The answers to one question below one post."""

    question_id: str
    question: str | None = Field(description="as the writer asked it")
    kind: Kind
    choices: list[Choice] = Field(description="labels, the most frequent first")


class PostAnswers(Part):
    """What came back to one post. Answers to an unknown post have null as its id."""

    connection: str
    post_id: str | None
    title: str | None
    sent_at: datetime | None
    people: int = Field(description="different people who answered")
    counts: dict[Kind, int] = Field(description="answers of each kind")
    questions: list[QuestionAnswers]


class Said(Part):
    """One answer of a person."""

    kind: Kind
    connection: str
    post_id: str | None
    question_id: str | None
    answer: str | None = Field(description="the label that was chosen, in the writer's words")
    text: str | None = Field(description="the reader's own words, where they are kept")
    answered_at: datetime


class PersonAnswers(Part):
    """Everything that one person said, oldest first."""

    id: str
    answers: list[Said]


class Answers(Part):
    """All answers, by post and again by person."""

    posts: list[PostAnswers]
    people: list[PersonAnswers]
    counts: dict[Kind, int] = Field(description="answers of each kind")


def _definition(_context: Context[AnswersParameters]) -> str:
    return messages.ANSWERS_DEFINITION()


def build(rows: Sequence[AnswerRow], context: Context[AnswersParameters]) -> Built[Answers]:
    """The answers by post (newest first) and by person (newest answer first)."""
    wanted = [row for row in rows if _is_wanted(row, context.parameters)]
    result = Answers(posts=_by_post(wanted), people=_by_person(wanted), counts=_kinds(wanted))
    nobody = sum(row.person_id is None for row in wanted)
    nowhere = sum(row.post_title is None for row in wanted)
    left_out = [
        LeftOut(reason=reason, what="signals", count=count, words=text())
        for reason, count, text in (
            ("without_person", nobody, messages.WITHOUT_PERSON),
            ("without_post", nowhere, messages.WITHOUT_POST),
        )
        if count
    ]
    return Built(result, len(wanted), left_out)


def _is_wanted(row: AnswerRow, parameters: AnswersParameters) -> bool:
    return (parameters.post in (None, row.post_id)) and (parameters.person in (None, row.person_id))


def _kinds(rows: Iterable[AnswerRow]) -> dict[Kind, int]:
    counts = Counter(row.kind for row in rows)
    return {kind: counts[kind] for kind in sorted(counts)}


def _by_post(rows: Sequence[AnswerRow]) -> list[PostAnswers]:
    groups: dict[tuple[str, str | None], list[AnswerRow]] = defaultdict(list)
    for row in rows:
        groups[row.connection, row.post_id if row.post_title is not None else None].append(row)
    posts = [_post(post_id, group) for (_, post_id), group in sorted(groups.items(), key=_key)]
    # posts with a date first, the newest on top
    return sorted(posts, key=lambda p: p.sent_at.timestamp() if p.sent_at else 0, reverse=True)


def _key(item: tuple[tuple[str, str | None], list[AnswerRow]]) -> tuple[str, str]:
    (connection, post_id), _ = item
    return connection, post_id or ""


def _post(post_id: str | None, rows: list[AnswerRow]) -> PostAnswers:
    first = rows[0]
    return PostAnswers(
        connection=first.connection,
        post_id=post_id,
        title=first.post_title,
        sent_at=aware(first.sent_at) if post_id and first.sent_at else None,
        people=len({row.person_id for row in rows if row.person_id}),
        counts=_kinds(rows),
        questions=_questions(rows),
    )


def _questions(rows: Iterable[AnswerRow]) -> list[QuestionAnswers]:
    groups: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in rows:
        if row.question_id is not None:
            groups[row.question_id].append(row)
    return [
        QuestionAnswers(
            question_id=question_id,
            question=group[0].question,
            kind=group[0].kind,
            choices=_choices(group),
        )
        for question_id, group in sorted(groups.items())
    ]


def _choices(rows: Iterable[AnswerRow]) -> list[Choice]:
    counts = Counter(row.answer for row in rows if row.answer is not None)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Choice(label=label, count=count) for label, count in ordered]


def _by_person(rows: Iterable[AnswerRow]) -> list[PersonAnswers]:
    groups: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in rows:
        if row.person_id is not None:
            groups[row.person_id].append(row)
    ordered = sorted(groups.items(), key=lambda item: (-_last(item[1]).timestamp(), item[0]))
    return [PersonAnswers(id=id_, answers=[_said(row) for row in group]) for id_, group in ordered]


def _last(rows: list[AnswerRow]) -> datetime:
    return aware(rows[-1].answered_at)


def _said(row: AnswerRow) -> Said:
    return Said(
        kind=row.kind,
        connection=row.connection,
        post_id=row.post_id,
        question_id=row.question_id,
        answer=row.answer,
        text=row.text,
        answered_at=aware(row.answered_at),
    )


ANSWERS: Report[AnswersParameters, AnswerRow, Answers] = Report(
    name="answers",
    question=(
        "What did people say: poll and survey answers, comments, feedback, per post and person?"
    ),
    definition=_definition,
    parameters=AnswersParameters,
    query=EvidenceQuery,
    evidence=AnswerRow,
    result=Answers,
    build=build,
)
