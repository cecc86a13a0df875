"""What the reports on letters should say at an instant, worked out from the world alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...instants import SECOND, Instant
from ..schedule import DAY_S
from .correspondence import Mail, mails_of

if TYPE_CHECKING:
    from ..world import World

FADES_AFTER_S = 60 * DAY_S


@dataclass(frozen=True, slots=True, order=True)
class TrueReply:
    """A letter of a person. subscription_id: empty for a stranger."""

    at: Instant
    subscription_id: str
    post_id: str


@dataclass(frozen=True, slots=True, order=True)
class TrueConversation:
    """One reader's letters about one post. since: when their last turn began."""

    since: Instant
    subscription_id: str
    post_id: str
    state: str
    kind: str
    letters_in: int
    letters_out: int


@dataclass(slots=True)
class LettersTruth:
    """Replies and conversations, oldest first, and how many letters came of each class.

    machines: mails that belong to no conversation, of which nothing is kept.
    """

    replies: list[TrueReply] = field(default_factory=list)
    conversations: list[TrueConversation] = field(default_factory=list)
    by_class: Counter[str] = field(default_factory=Counter)
    machines: int = 0


def letters_truth(world: World, at: Instant) -> LettersTruth:
    """The truth about all mails before ``at``."""
    found = LettersTruth()
    talks: dict[tuple[str, str], list[Mail]] = {}
    for mail in mails_of(world):
        if mail.at_s * SECOND >= at:
            break
        if not mail.subject.startswith("Re: "):
            found.machines += 1
        elif not mail.is_own:
            found.by_class[mail.kind] += 1
        if mail.kind == "human":
            found.replies.append(TrueReply(mail.at_s * SECOND, _whose(mail), mail.post.id))
        if mail.kind in ("human", "own"):
            talks.setdefault((mail.address, mail.post.id), []).append(mail)
    found.conversations = sorted(_conversation(mails, at // SECOND) for mails in talks.values())
    return found


def _whose(mail: Mail) -> str:
    return mail.person.id if mail.person is not None else ""


def _conversation(mails: list[Mail], at_s: int) -> TrueConversation:
    """Here each turn is one mail, and the two sides take turns."""
    last_in = [mail for mail in mails if not mail.is_own][-1]
    is_later = last_in.answers is not None
    is_thanks = is_later and not last_in.asks
    if mails[-1].is_own:
        state = "answered"
    elif is_thanks:
        state = "thanked"
    else:
        state = "faded" if at_s - last_in.at_s > FADES_AFTER_S else "waiting"
    kind = "question" if last_in.asks else "thanks" if is_thanks else "letter"
    return TrueConversation(
        last_in.at_s * SECOND,
        _whose(last_in),
        last_in.post.id,
        state,
        kind,
        sum(not mail.is_own for mail in mails),
        sum(mail.is_own for mail in mails),
    )
