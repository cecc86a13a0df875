"""What comes beside letters: absences, reactions, receipts, mails without a word, private mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from ..people import Person
from ..randomness import generator
from ..schedule import DAY_S, Schedule
from .issue import issue_id, issue_of
from .machines import ABSENCES, absence_subject
from .mail import NEWSLETTER, PROGRAMS, Exchange, Mail, Mailbox

_AWAY = 0.03  # of people, for two issues in a row
_RARE = 0.008  # of people, for each of the kinds below
# Class, how the machine shows itself, and the text.
_KINDS = (
    ("unsubscribe_request", "", "Unsubscribe"),
    ("human_empty", "", ""),
    ("reaction", "reaction", ""),
    ("read_receipt", "receipt", ""),
)
_FRIEND = Mailbox("Ilse", "ilse@example.com")
_AT_HOME = Mailbox("Ines", "ines@example.net")
_EVERY_S = 30 * DAY_S


def others(seed: int, people: Iterable[Person], schedule: Schedule) -> Iterator[Exchange]:
    """Exchanges in which nobody wrote a word to the writer."""
    for person in people:
        if person.sends:
            rng = generator(seed, f"other mail/{person.key}")
            yield from _of_person(rng, person, schedule)
    for at_s in range(schedule.started_s + DAY_S, schedule.ended_s, _EVERY_S):
        yield Exchange(None, None, [_private(at_s)])


def _of_person(rng: Random, person: Person, schedule: Schedule) -> Iterator[Exchange]:
    if rng.random() < _AWAY:
        machine, place = rng.choice(list(ABSENCES)), rng.randrange(len(person.sends))
        for number in person.sends[place : place + 2]:
            at_s = schedule.sent_s[number] + 40
            subject = absence_subject(machine, schedule.emailed[number].subject)
            yield _exchange(
                rng, person, schedule, number, at_s, "auto_reply", machine, "I am away.", subject
            )
    read = [
        (number, at_s)
        for number, at_s in zip(person.sends, person.reads, strict=True)
        if at_s and person.sight != "machine"
    ]
    for kind, machine, text in _KINDS:
        if rng.random() < _RARE and read:
            number, at_s = rng.choice(read)
            yield _exchange(rng, person, schedule, number, at_s + 90, kind, machine, text)


def _exchange(
    rng: Random,
    person: Person,
    schedule: Schedule,
    number: int,
    at_s: int,
    kind: str,
    machine: str,
    text: str,
    subject: str = "",
) -> Exchange:
    issue = issue_of(schedule, number, person)
    mail = Mail(
        id=f"{kind}.{number}.{person.key}@mail.example.net",
        at_s=at_s,
        direction="in",
        kind=kind,
        sender=Mailbox(f"{person.word.title()} {person.key.upper()}", person.email),
        recipient=NEWSLETTER,
        subject=subject or f"Re: {issue.subject}",
        text=text,
        program=rng.choice(PROGRAMS),
        parents=(issue_id(number, person),),
        quoted=None if machine else issue,
        machine=machine,
    )
    return Exchange(person.id, number, [mail])


def _private(at_s: int) -> Mail:
    """A mail that has nothing to do with the newsletter."""
    return Mail(
        id=f"private.{at_s}@mail.example.com",
        at_s=at_s,
        direction="in",
        kind="private",
        sender=_FRIEND,
        recipient=_AT_HOME,
        subject="Sunday",
        text="Shall we go out on Sunday?",
        program="apple",
    )
