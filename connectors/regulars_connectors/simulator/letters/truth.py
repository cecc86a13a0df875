"""What the letters of a world come to at an instant, worked out from what people did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..schedule import DAY_S
from .mail import Exchange, Mail

FADED_S = 60 * DAY_S
_THANKS = 3  # words


@dataclass(frozen=True, slots=True)
class ReplyTruth:
    """One letter that a person wrote. person: a subscription id; post: a number; None: unknown."""

    id: str
    at_s: int
    person: str | None
    sender: str
    post: int | None
    words: int


@dataclass(frozen=True, slots=True)
class ConversationTruth:
    """id: of the first letter of the last turn of the reader, which came at ``since_s``."""

    id: str
    since_s: int
    person: str | None
    post: int | None
    state: str
    kind: str
    letters_in: int
    letters_out: int


@dataclass(slots=True)
class LettersTruth:
    """All letters and conversations up to an instant.

    by_class: letters to the writer. wishes: ids of letters that ask for
    nothing but to be taken off.
    """

    replies: list[ReplyTruth] = field(default_factory=list)
    by_class: Counter[str] = field(default_factory=Counter)
    conversations: list[ConversationTruth] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)


def truth_at(exchanges: Iterable[Exchange], at_s: int) -> LettersTruth:
    """The truth of everything that came or went before a second."""
    truth = LettersTruth()
    for exchange in exchanges:
        mails = [mail for mail in exchange.mails if mail.at_s < at_s]
        truth.by_class.update(
            mail.kind for mail in mails if mail.direction == "in" and mail.kind != "private"
        )
        truth.wishes += [mail.id for mail in mails if mail.kind == "unsubscribe_request"]
        people = [mail for mail in mails if mail.kind in ("human", "own")]
        letters = [mail for mail in people if mail.direction == "in"]
        truth.replies += [
            ReplyTruth(
                mail.id, mail.at_s, exchange.person, mail.sender.address, exchange.post, mail.words
            )
            for mail in letters
        ]
        if letters:
            truth.conversations.append(_conversation(exchange, people, at_s))
    return truth


def _conversation(exchange: Exchange, mails: Sequence[Mail], at_s: int) -> ConversationTruth:
    last = max(at for at, mail in enumerate(mails) if mail.direction == "in")
    first = last
    while first and mails[first - 1].direction == "in":
        first -= 1
    turn = mails[first : last + 1]
    is_short = all(mail.words <= _THANKS for mail in turn)
    kind = "question" if any(mail.asks for mail in turn) else "thanks" if is_short else "letter"
    if last < len(mails) - 1:
        state = "answered"
    elif first and kind == "thanks":
        state = "thanked"
    else:
        state = "faded" if at_s - turn[-1].at_s > FADED_S else "waiting"
    incoming = sum(mail.direction == "in" for mail in mails)
    return ConversationTruth(
        turn[0].id,
        turn[0].at_s,
        exchange.person,
        exchange.post,
        state,
        kind,
        incoming,
        len(mails) - incoming,
    )
