"""An issue as it lies in a reader's mailbox."""

from __future__ import annotations

from ..issue_text import lines_of
from ..people import Person
from ..schedule import Schedule
from .mail import NEWSLETTER, Mailbox, Quoted


def issue_of(schedule: Schedule, number: int, person: Person) -> Quoted:
    """What a quote of it shows."""
    post = schedule.emailed[number]
    recipient = Mailbox("", person.email)
    return Quoted(NEWSLETTER, recipient, schedule.sent_s[number], post.subject, lines_of(post))


def issue_id(number: int, person: Person) -> str:
    """Its Message-ID, another one for each recipient."""
    return f"issue{number}.{person.key}@geopod.example.net"
