"""A mail of the world before it becomes bytes, and an exchange of such mails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Direction: TypeAlias = Literal["in", "out"]
Program: TypeAlias = Literal[
    "gmail", "apple", "outlook", "outlook_web", "thunderbird", "outlook_mac"
]
PROGRAMS: tuple[Program, ...] = (
    "gmail", "apple", "outlook", "outlook_web", "thunderbird", "outlook_mac",
)  # fmt: skip
NAMES_RECIPIENTS: frozenset[Program] = frozenset({"outlook", "outlook_web", "outlook_mac"})
"""Programs that write above a quote whom it went to."""


class Mailbox(NamedTuple):
    """A name and an address."""

    name: str
    address: str


NEWSLETTER = Mailbox("Letters from the Harbour", "harbour@example.org")
WRITER = Mailbox("The harbour office", "office@example.org")
COLLEAGUE = Mailbox("Nuno at the lock", "lock@example.net")
WRITERS = (NEWSLETTER.address, WRITER.address, COLLEAGUE.address)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a mail answers, as its quote shows it. at_s: when it was sent."""

    sender: Mailbox
    recipient: Mailbox
    at_s: int
    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the mailbox.

    id: its Message-ID without brackets. at_s: when it arrived, or when the writer sent it. kind:
    the class that belongs to it. parents: ids, the nearest last. zone_h: hours east of Greenwich
    on the sender's clock. machine: how a machine shows itself; empty for a person.
    """

    id: str
    at_s: int
    direction: Direction
    kind: str
    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    program: Program
    zone_h: int = 0
    parents: tuple[str, ...] = ()
    quoted: Quoted | None = None
    reply_to: str | None = None
    machine: str = ""

    @property
    def words(self) -> int:
        """How many words its writer added."""
        return len(self.text.split())

    @property
    def asks(self) -> bool:
        """Whether it asks something."""
        return "?" in self.text


@dataclass(slots=True)
class Exchange:
    """What one reader and the writer sent each other about one post, in the order of time.

    person: the subscription of whoever wrote, where their mails tell. post: its number; None where
    the mails name none.
    """

    person: str | None
    post: int | None
    mails: list[Mail] = field(default_factory=list)
