"""Conversations: who wrote, who waits for an answer, and what became of it.

A conversation is what one person and the writer wrote in one thread about one post. A turn is a run
of letters in one direction. Only letters of people make turns: machines, receipts, reactions and a
colleague's absence notice neither begin nor answer anything. Everything is said as of a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal[
    "waiting",
    "answered",
    "answered_unseen",  # the mailbox's flag says so, nobody knows when
    "resting",  # the owner lets it rest
    "later",  # the owner put it off
    "faded",  # too long ago
    "thanked",  # a last word of thanks, which asks for nothing
]
Kind: TypeAlias = Literal["question", "letter", "thanks"]
STATES: Final[tuple[State, ...]] = (
    "waiting", "answered", "answered_unseen", "resting", "later", "faded", "thanked",
)  # fmt: skip
THANKS: Final = 3  # words at most
_MOST_READERS = 5  # of a mail of the writer's: more are no answer to one of them
_BY_A_PERSON = frozenset({"human", "own"})


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter with its tie. at: when it arrived, or when the writer sent it. flag_seen_at: when
    the mailbox was first seen to say that it is answered, of ``is_answered``."""

    id: str
    conversation: str
    direction: Literal["in", "out"]
    kind: str
    at: datetime
    words: int = 0
    question: bool = False
    readers: int = 1
    is_answered: bool = False
    flag_seen_at: datetime | None = None
    person_id: str | None = None
    post: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ActionOnLetter:
    """What the owner said of a letter. until: of ``later``."""

    letter_id: str
    action: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """One turn of the reader. ended_at: None where no answer is known. is_over: it can get none
    any more that would be seen, so it is censored at ``seen_until``. ended_by: it was answered
    between ``since`` and then, nobody knows when."""

    since: datetime
    seen_until: datetime
    ended_at: datetime | None = None
    ended_by: datetime | None = None


@dataclass(slots=True)
class Conversation:
    """letter_id: the first letter of the last turn. kind: of that turn. waits: each turn of the
    reader but a last word of thanks."""

    id: str
    person_id: str | None
    post: tuple[str, str] | None
    state: State
    kind: Kind
    letter_id: str
    since: datetime
    last_at: datetime
    letters_in: int
    letters_out: int
    turns: int
    waits: list[Wait] = field(default_factory=list)

    @property
    def is_two_way(self) -> bool:
        """Whether the reader wrote again after an answer."""
        return self.turns >= 3


def conversations(
    mails: Iterable[Mail], actions: Iterable[ActionOnLetter], as_of: datetime, fade_after: timedelta
) -> list[Conversation]:
    """Every conversation that a reader has a turn in, the longest wait first."""
    grouped: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        if mail.at < as_of and _counts(mail):
            grouped[mail.conversation].append(mail)
    said: dict[str, list[ActionOnLetter]] = defaultdict(list)
    for action in actions:
        if action.at < as_of:
            said[action.letter_id].append(action)
    found = [
        _conversation(name, group, said, as_of, fade_after)
        for name, group in grouped.items()
        if any(mail.direction == "in" for mail in group)
    ]
    return sorted(found, key=lambda one: (one.since, one.id))


def _counts(mail: Mail) -> bool:
    if mail.direction == "out":
        return mail.kind == "own" and mail.readers <= _MOST_READERS
    return mail.kind == "human"


def _conversation(
    name: str,
    group: Sequence[Mail],
    said: Mapping[str, Sequence[ActionOnLetter]],
    as_of: datetime,
    fade_after: timedelta,
) -> Conversation:
    turns = _turns(group)
    last_in = max(at for at, turn in enumerate(turns) if turn[0].direction == "in")
    turn = turns[last_in]
    action = _action_on(turn, said)
    is_thanks = _is_thanks(turns, last_in)
    state = _state(turn, action, as_of, fade_after, is_thanks=is_thanks)
    if last_in < len(turns) - 1:
        state = "answered"
    readers = [mail for mail in group if mail.direction == "in"]
    return Conversation(
        id=name,
        person_id=next((mail.person_id for mail in group if mail.person_id), None),
        post=next((mail.post for mail in group if mail.post), None),
        state=state,
        kind=_kind(turn),
        letter_id=turn[0].id,
        since=turn[0].at,
        last_at=max(mail.at for mail in group),
        letters_in=len(readers),
        letters_out=len(group) - len(readers),
        turns=len(turns),
        waits=_waits(turns, said, as_of),
    )


def _turns(group: Sequence[Mail]) -> list[list[Mail]]:
    """Runs of one direction, in the order of time. Of two at once the reader's comes first."""
    turns: list[list[Mail]] = []
    for mail in sorted(group, key=lambda one: (one.at, one.direction, one.id)):
        if turns and turns[-1][0].direction == mail.direction:
            turns[-1].append(mail)
        else:
            turns.append([mail])
    return turns


def _action_on(
    turn: Sequence[Mail], said: Mapping[str, Sequence[ActionOnLetter]]
) -> ActionOnLetter | None:
    """The last word on a turn. A letter that came after it makes it void."""
    actions = [
        action
        for mail in turn
        for action in said.get(mail.id, ())
        if action.action in ("rest", "later", "answered")
    ]
    last = max(actions, key=lambda action: action.at, default=None)
    return last if last is not None and last.at >= turn[-1].at else None


def _is_thanks(turns: Sequence[Sequence[Mail]], place: int) -> bool:
    return place > 0 and _kind(turns[place]) == "thanks"


def _kind(turn: Sequence[Mail]) -> Kind:
    if any(mail.question for mail in turn):
        return "question"
    return "thanks" if all(mail.words <= THANKS for mail in turn) else "letter"


def _state(
    turn: Sequence[Mail],
    action: ActionOnLetter | None,
    as_of: datetime,
    fade_after: timedelta,
    *,
    is_thanks: bool,
) -> State:
    if action is not None and action.action == "answered":
        return "answered"
    if action is not None and action.action == "rest":
        return "resting"
    if action is not None and (action.until is None or action.until > as_of):
        return "later"
    if turn[-1].is_answered:
        return "answered_unseen"
    if is_thanks:
        return "thanked"
    awake = turn[-1].at if action is None or action.until is None else action.until
    return "faded" if as_of - awake > fade_after else "waiting"


def _waits(
    turns: Sequence[Sequence[Mail]], said: Mapping[str, Sequence[ActionOnLetter]], as_of: datetime
) -> list[Wait]:
    """How long each turn of the reader waited. A clock that runs ahead makes no time negative."""
    found: list[Wait] = []
    for place, turn in enumerate(turns):
        if turn[0].direction == "out":
            continue
        since = turn[0].at
        if place + 1 < len(turns):
            answered_at = max(turns[place + 1][0].at, since)
            found.append(Wait(since, answered_at, answered_at))
        elif not _is_thanks(turns, place):
            action = _action_on(turn, said)
            # Answered elsewhere, or laid to rest: from then on nobody looks.
            is_over = action is not None and action.action in ("answered", "rest")
            if action is not None and is_over:
                by = action.at if action.action == "answered" else None
                found.append(Wait(since, action.at, ended_by=by))
            elif turn[-1].is_answered:
                # The mailbox's flag says no time, so its turn leaves the curve at once.
                found.append(Wait(since, since, ended_by=_seen_by(turn[-1], since, as_of)))
            else:
                found.append(Wait(since, as_of))
    return found


def _seen_by(mail: Mail, since: datetime, as_of: datetime) -> datetime | None:
    """When the flag was there for certain; None where it was seen after the moment asked about."""
    seen_at = mail.flag_seen_at
    return None if seen_at is None or seen_at > as_of else max(since, seen_at)
