"""Who wrote what to whom, and when: the mails of a world, before any program shapes them.

A reader's reply and the time of its answer belong to the world. What follows an answer, other
addresses, strangers and machines are drawn here, each from a generator of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..people import Letter, Person
from ..randomness import generator
from ..schedule import DAY_S, HOUR_S, Post
from . import wording
from .programs import OUTLOOKS, PROGRAMS, Program

if TYPE_CHECKING:
    from ..world import World

Kind: TypeAlias = Literal["human", "auto_reply", "bounce", "own"]
DOMAIN = "mail.harbour.example"
_OTHER_ADDRESS, _ALIAS = 0.08, 0.05
_STRANGER, _ABSENT, _TOLD_OF = 0.15, 0.9, 0.5


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. person: whose it is, None for a stranger or a machine that names nobody.

    address: of the reader, whatever the direction. to: where the issue went that is quoted.
    parents: ids, the nearest last. asks: whether it asks something.
    """

    id: str
    kind: Kind
    person: Person | None
    address: str
    to: str
    post: Post
    at_s: int
    text: str
    program: Program
    parents: tuple[str, ...]
    asks: bool = False
    answers: Mail | None = None

    @property
    def is_own(self) -> bool:
        """Whether the writer sent it."""
        return self.kind == "own"

    @property
    def subject(self) -> str:
        """Some absences have a subject of their own; the others, and all letters, that of a reply.

        A mail with a subject of its own can be seen to be a machine's, and nothing else of it.
        """
        if self.kind == "bounce":
            return "Undelivered Mail Returned to Sender"
        if self.kind == "auto_reply" and (self.post.number or 0) % 2:
            return f"Automatic reply: {self.post.subject}"
        return f"Re: {self.post.subject}"


@lru_cache(maxsize=4)
def mails_of(world: World) -> tuple[Mail, ...]:
    """Every mail of the world's mailbox, oldest first."""
    found: list[Mail] = []
    for person in world.people:
        found += (mail for one in person.letters for mail in _conversation(world, person, one))
        found += _bounces(world, person)
    for post in world.posts:
        found += _strangers(world, post)
        found += _absences(world, post)
    return tuple(sorted(found, key=lambda mail: (mail.at_s, mail.id)))


def _conversation(world: World, person: Person, letter: Letter) -> Iterator[Mail]:
    """A reply, perhaps its answer, perhaps what the reader says to that."""
    post = world.posts[letter.post]
    name = f"{person.key}.{post.slug}"
    rng = generator(world.seed, f"letter/{name}")
    address, program = address_of(world.seed, person)
    text, asks = wording.opening(rng)
    issue = f"{name}.issue@{DOMAIN}"
    first = Mail(
        f"{name}.1@{DOMAIN}", "human", person, address, person.email, post, letter.at_s,
        text, program, (issue,), asks,
    )  # fmt: skip
    yield first
    if letter.answered_s is None:
        return
    answer = Mail(
        f"{name}.2@{DOMAIN}", "own", person, address, person.email, post, letter.answered_s,
        wording.answer(rng), PROGRAMS[0], (issue, first.id), answers=first,
    )  # fmt: skip
    yield answer
    draw = rng.random()
    if draw < 0.45:
        again = draw >= 0.3
        yield Mail(
            f"{name}.3@{DOMAIN}", "human", person, address, person.email, post,
            letter.answered_s + HOUR_S + rng.randrange(2 * DAY_S),
            wording.another_question(rng) if again else wording.thanks(rng),
            program, (*answer.parents, answer.id), again, answers=answer,
        )  # fmt: skip


def address_of(seed: int, person: Person) -> tuple[str, Program]:
    """Where somebody writes from, and with which program.

    Whoever uses another address than the one that subscribed has a program that quotes to whom the
    issue went, since nobody could know them otherwise.
    """
    rng = generator(seed, f"address/{person.key}")
    draw, program = rng.random(), rng.choice(PROGRAMS)
    local, _, domain = person.email.partition("@")
    if draw < _OTHER_ADDRESS:
        return f"{person.key}@work.example", rng.choice(OUTLOOKS)
    if draw < _OTHER_ADDRESS + _ALIAS and "+" not in local:
        return f"{local}+home@{domain}", program
    return person.email, program


def _strangers(world: World, post: Post) -> Iterator[Mail]:
    """Somebody to whom a reader passed the issue on."""
    rng = generator(world.seed, f"stranger/{post.slug}")
    if rng.random() < _STRANGER:
        address = f"stranger.{post.slug}@example.net"
        text, asks = wording.opening(rng)
        yield Mail(
            f"{post.slug}.stranger@{DOMAIN}", "human", None, address, address, post,
            (post.sent_s or 0) + 2 * HOUR_S + rng.randrange(3 * DAY_S), text,
            PROGRAMS[0], (f"{post.slug}.passed-on@{DOMAIN}",), asks,
        )  # fmt: skip


def _absences(world: World, post: Post) -> Iterator[Mail]:
    """A mailbox that answers for its owner, a minute after the issue."""
    rng = generator(world.seed, f"absence/{post.slug}")
    if not world.people or rng.random() >= _ABSENT:
        return
    person = rng.choice(world.people)
    if post.number in person.sends:
        yield Mail(
            f"{person.key}.{post.slug}.absent@{DOMAIN}", "auto_reply", person, person.email,
            person.email, post, (post.sent_s or 0) + 60, wording.absence(rng), PROGRAMS[0],
            (f"{person.key}.{post.slug}.issue@{DOMAIN}",),
        )  # fmt: skip


def _bounces(world: World, person: Person) -> Iterator[Mail]:
    """What could not be delivered, half of it told to the writer."""
    rng = generator(world.seed, f"bounces/{person.key}")
    for number in person.bounced:
        post = world.posts[number]
        if rng.random() < _TOLD_OF:
            yield Mail(
                f"{person.key}.{post.slug}.bounce@{DOMAIN}", "bounce", person, person.email,
                person.email, post, (post.sent_s or 0) + 90, "", PROGRAMS[0], (),
            )  # fmt: skip
