"""From ``Person.letters`` to mails: addresses, programs, turns, and answers of the writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Literal, TypeAlias

from ..people import Letter, Person
from ..randomness import generator
from ..schedule import DAY_S, HOUR_S, Schedule
from . import words
from .issue import issue_id, issue_of
from .mail import (
    COLLEAGUE,
    NAMES_RECIPIENTS,
    NEWSLETTER,
    PROGRAMS,
    WRITER,
    Exchange,
    Mail,
    Mailbox,
    Program,
    Quoted,
)

Address: TypeAlias = Literal["subscribed", "capitals", "plus", "other", "reply_to"]
"""Which address somebody writes from: the one that subscribed, in capitals, with a plus part, quite
another, or the subscribed one with another to answer to."""

_ADDRESSES: tuple[tuple[Address, float], ...] = (
    ("subscribed", 0.7), ("capitals", 0.05), ("plus", 0.05), ("other", 0.15), ("reply_to", 0.05),
)  # fmt: skip
_PARENTLESS = 0.06  # of first letters: an old program names no mail that it answers
_FRESH = 0.08  # of first letters: about no post that they name


def exchanges(seed: int, people: Iterable[Person], schedule: Schedule) -> list[Exchange]:
    """Every exchange, in the order of the people."""
    return [one for person in people for one in _of_person(seed, person, schedule)]


def _of_person(seed: int, person: Person, schedule: Schedule) -> Iterator[Exchange]:
    if not person.letters:
        return
    rng = generator(seed, f"letters/{person.key}")
    names, weights = zip(*_ADDRESSES, strict=True)
    writer = _Reader(person, rng, rng.choices(names, weights)[0], rng.choice(PROGRAMS))
    for letter in person.letters:
        yield _Correspondence(writer, letter, schedule).all()


class _Reader:
    """A person with their mail program, their addresses and a clock."""

    def __init__(self, person: Person, rng: Random, address: Address, program: Program) -> None:
        self.person, self.rng, self.program = person, rng, program
        self.zone_h = rng.choice((-8, -5, 0, 0, 1, 1, 2, 9))
        self.name = f"{person.word.title()} {person.key.upper()}"
        local, _, domain = person.email.partition("@")
        other = f"{local.partition('+')[0]}@work.{domain}"
        self.reply_to = other if address == "reply_to" else None
        self.address = person.email
        if address == "capitals":
            self.address = f"{local.capitalize()}@{domain.upper()}"
        elif address == "plus" and "+" not in local:
            self.address = f"{local}+news@{domain}"
        elif address == "other":
            self.address = other
        self.is_known = address != "other" or program in NAMES_RECIPIENTS

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.name, self.address)

    def answered_at(self) -> Mailbox:
        """Where an answer goes."""
        return Mailbox(self.name, self.reply_to or self.address)


class _Correspondence:
    """One exchange as it grows."""

    def __init__(self, reader: _Reader, letter: Letter, schedule: Schedule) -> None:
        self.reader, self.rng, self.letter = reader, reader.rng, letter
        self.schedule = schedule
        self.post = schedule.emailed[letter.post]
        self.mails: list[Mail] = []

    def all(self) -> Exchange:
        """Letters and answers: the reader's first, perhaps more, the answer, perhaps more."""
        letter, rng = self.letter, self.rng
        is_fresh = rng.random() < _FRESH
        self._first(is_fresh=is_fresh)
        more_s = letter.at_s + 600 + rng.randrange(2_000)
        if rng.random() < 0.1 and (letter.answered_s is None or more_s < letter.answered_s):
            self._turn(more_s, words.more_words(rng, letter.post))
        if rng.random() < 0.04:
            self._absence_of_a_colleague()
        if letter.answered_s is not None:
            self._answer(letter.answered_s)
            if rng.random() < 0.04:
                self._bounce()
            self._afterwards(letter.answered_s)
        is_known = self.reader.is_known and not (is_fresh and self._is_elsewhere())
        return Exchange(
            self.reader.person.id if is_known else None,
            None if is_fresh else letter.post,
            self.mails,
        )

    def _is_elsewhere(self) -> bool:
        """Whether only a quote of the issue can say who writes."""
        return "@work." in self.reader.address

    def _first(self, *, is_fresh: bool) -> None:
        reader, rng, letter, post = self.reader, self.rng, self.letter, self.post
        text = words.first_words(rng, letter.post)
        if is_fresh:
            self._add(letter.at_s, f"A word to the harbour from {reader.name}", text)
            return
        issue = issue_of(self.schedule, letter.post, reader.person)
        given = issue_id(letter.post, reader.person)
        parents = () if rng.random() < _PARENTLESS else (given,)
        subject = f"Re: {post.subject}"
        if rng.random() < 0.04:
            subject = f"Your letter (was: {post.subject})"
        self._add(letter.at_s, subject, text, quoted=issue, parents=parents)

    def _turn(self, at_s: int, text: str) -> None:
        """The reader again, in answer to the last mail."""
        last = next(mail for mail in reversed(self.mails) if mail.kind in ("human", "own"))
        if last.direction == "out":
            quoted = Quoted(
                last.sender, last.recipient, last.at_s, last.subject, tuple(last.text.split("\n"))
            )
            self._add(at_s, _reply(last.subject), text, quoted, (*last.parents, last.id))
        else:
            # Whoever named no mail goes on from their own.
            self._add(at_s, last.subject, text, last.quoted, last.parents or (last.id,))

    def _add(
        self,
        at_s: int,
        subject: str,
        text: str,
        quoted: Quoted | None = None,
        parents: tuple[str, ...] = (),
    ) -> None:
        reader = self.reader
        recipient = NEWSLETTER if quoted is None else quoted.sender
        self.mails.append(
            Mail(
                id=self._id("reader"),
                at_s=at_s,
                direction="in",
                kind="human",
                sender=reader.mailbox,
                recipient=recipient,
                subject=subject,
                text=text,
                program=reader.program,
                zone_h=reader.zone_h,
                parents=parents,
                quoted=quoted,
                reply_to=reader.reply_to,
            )
        )

    def _id(self, side: str) -> str:
        number = len(self.mails)
        return f"{side}{number}.{self.letter.post}.{self.reader.person.key}@mail.example.net"

    def _answer(self, at_s: int) -> None:
        last, rng = self.mails[-1], self.rng
        asked = next(mail for mail in reversed(self.mails) if mail.kind == "human")
        quoted = Quoted(
            asked.sender, asked.recipient, asked.at_s, asked.subject, tuple(asked.text.split("\n"))
        )
        self.mails.append(
            Mail(
                id=self._id("answer"),
                at_s=max(at_s, last.at_s + 60),
                direction="out",
                kind="own",
                sender=COLLEAGUE if rng.random() < 0.2 else WRITER,
                recipient=self.reader.answered_at(),
                subject=_reply(asked.subject),
                text=words.answer_words(rng, self.reader.name),
                program="apple",
                parents=(*asked.parents, asked.id),
                quoted=quoted,
            )
        )

    def _bounce(self) -> None:
        """The mailbox of a reader is full for a while."""
        answer = self.mails[-1]
        self.mails.append(
            Mail(
                id=self._id("bounce"),
                at_s=answer.at_s + 30,
                direction="in",
                kind="bounce",
                sender=Mailbox("Mail Delivery System", "mailer-daemon@mail.example.org"),
                recipient=answer.sender,
                subject="Undelivered Mail Returned to Sender",
                text=answer.recipient.address,
                program="apple",
                parents=(answer.id,),
                machine="bounce",
            )
        )

    def _absence_of_a_colleague(self) -> None:
        """A colleague's mailbox says that nobody is there. That answers nothing."""
        asked = self.mails[-1]
        self.mails.append(
            Mail(
                id=self._id("absence"),
                at_s=asked.at_s + 20,
                direction="out",
                kind="auto_reply",
                sender=COLLEAGUE,
                recipient=self.reader.answered_at(),
                subject=f"Automatic reply: {asked.subject}",
                text="I am away until Monday. (invented)",
                program="outlook",
                parents=(*asked.parents, asked.id),
                machine="sieve",
            )
        )

    def _afterwards(self, answered_s: int) -> None:
        """Thanks, or a further question, which is answered once in two times."""
        rng, draw = self.rng, self.rng.random()
        after_s = answered_s + HOUR_S + rng.randrange(2 * DAY_S)
        if draw < 0.3:
            self._turn(after_s, rng.choice(words.THANKS))
        elif draw < 0.5:
            self._turn(after_s, words.words_again(rng, self.letter.post))
            if rng.random() < 0.5:
                self._answer(after_s + HOUR_S + rng.randrange(4 * DAY_S))


def _reply(subject: str) -> str:
    return subject if subject.startswith("Re: ") else f"Re: {subject}"
