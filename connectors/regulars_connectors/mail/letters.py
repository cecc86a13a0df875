"""From the bytes of a mail to a letter without words: what both connectors of mailboxes share.

Heads come first. The service says which mails belong to a conversation, and only these are read as
a whole. Where mails come from is of no concern here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self, get_args

import msgspec

from ..addresses import fold_address, plain_address
from ..correspondence import Correspondence, MailHead
from ..instants import EARLIEST, LATEST, SECOND, Instant
from ..records import Letter, LetterKind
from .classify import OF_PEOPLE
from .clocks import arrival
from .facts import Facts
from .folders import Role
from .keyed import all_keyed, keyed, runs_as_text
from .limits import MOST_POST_WORDS
from .reading import Reading, Request, Setup
from .results import is_genuine
from .traces import words_of
from .worker import MailWorker

_KINDS: dict[str, LetterKind] = {kind: kind for kind in get_args(LetterKind)}
_LONGEST_ID = 998  # of a line (RFC 5322), so of a Message-ID as well


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the mailbox says of a mail. role: of its folder; server_at: when its server took it;
    file_at: the time of its file; is_answered: its flag, None where the source has none.
    """

    role: Role = "other"
    server_at: Instant | None = None
    file_at: Instant | None = None
    is_answered: bool | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of a mail, read. is_machine: they prove that no person wrote it."""

    reading: Reading
    is_machine: bool

    @property
    def shown(self) -> MailHead:
        """What the service is asked with."""
        traces = self.reading.traces
        return MailHead(
            message_id=traces.message_id,
            parents=traces.parents,
            subjects=traces.subjects,
            sender=self.reading.sender,
            recipients=traces.recipients,
        )


@dataclass(slots=True)
class Looked:
    """How many mails were looked at, belong to a conversation, and of the others are machines'."""

    mails: int = 0
    letters: int = 0
    machines: int = 0


class LetterReader:
    """Turns mails into letters, in a worker of its own.

    server: the name of the own mail server in Authentication-Results. own: addresses of the writer
    beside those that the service knows.
    """

    def __init__(
        self, correspondence: Correspondence, *, server: str | None = None, own: Iterable[str] = ()
    ) -> None:
        self._correspondence = correspondence
        self._server = server
        self._own = correspondence.addresses | frozenset(map(fold_address, own))
        self._key = correspondence.key
        self._worker = MailWorker(Setup(self._own, self._key))
        self.looked = Looked()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        self._worker.close()

    def head(self, raw: bytes) -> Head:
        """Read the headers of a mail; what follows them may be missing. Raises WorkerBroken."""
        reading = self._worker.read(Request(raw, "head"))
        return Head(reading, reading.kind not in OF_PEOPLE | {"own", "unreadable"})

    def asks(self, heads: Sequence[Head]) -> list[bool]:
        """Which mails belong to a conversation. Show them in the order of their time."""
        asked = list(self._correspondence.asks([head.shown for head in heads]))
        self.looked.mails += len(asked)
        self.looked.letters += sum(asked)
        left = (head for head, is_asked in zip(heads, asked, strict=True) if not is_asked)
        self.looked.machines += sum(head.is_machine for head in left)
        return asked

    def letter(
        self, head: Head, raw: bytes, envelope: Envelope, now: Instant, *, is_second: bool = False
    ) -> Letter:
        """The letter of a mail that the service asks for. Raises WorkerBroken.

        is_second: another sender, or the same at another time, sent a mail of this Message-ID.
        """
        reading = self._worker.read(Request(raw, "letter"))
        if reading.facts is None:  # it took too much: its headers say whose it is
            reading = msgspec.structs.replace(
                head.reading, kind="unreadable", rule=reading.rule, text="", words=0, question=False
            )
        return self._letter(reading, envelope, now, is_second=is_second)

    def _letter(
        self, read: Reading, envelope: Envelope, now: Instant, *, is_second: bool
    ) -> Letter:
        key, traces, facts = self._key, read.traces, read.facts or Facts()
        direction = self._direction(read, envelope)
        other = self._other(read, direction)
        sent_at = _instant(traces.sent_at)
        arrived_at, clock = arrival(
            now=now,
            server=envelope.server_at,
            received=_instant(facts.received_at),
            sent=sent_at,
            file=envelope.file_at,
        )
        has_id = 0 < len(traces.message_id) <= _LONGEST_ID and traces.message_id.isprintable()
        is_own = direction == "out" and read.kind in OF_PEOPLE
        return Letter(
            id=keyed(traces.message_id, key) if has_id and not is_second else _identity(read, key),
            direction=direction,
            kind="own" if is_own else _KINDS[read.kind],
            rule="sent_folder" if is_own else read.rule,
            arrived_at=arrived_at,
            clock=clock,
            sent_at=sent_at,
            message_id=traces.message_id if has_id else None,
            correspondent=keyed(fold_address(other), key) if other else None,
            canonical=keyed(plain_address(other), key) if other else None,
            sender_certain=read.sender_certain,
            authenticated=self._genuine(read, facts),
            recipients=len({fold_address(one) for one in facts.addressed}),
            to_writer=any(self._is_own(one) for one in traces.recipients),
            is_junk=envelope.role == "junk",
            is_list=read.is_list,
            is_answered=envelope.is_answered,
            is_reply=traces.has_reply_prefix,
            parents=all_keyed(traces.parents, key),
            returned=all_keyed(traces.returned, key),
            tokens=all_keyed(self._tokens(traces.recipients), key),
            subjects=all_keyed(traces.subjects, key),
            topics=all_keyed(traces.topics, key),
            links=all_keyed((*traces.links, *facts.own_links), key),
            runs=runs_as_text(tuple(dict.fromkeys((*traces.runs, *facts.own_runs)))),
            quoted_dates=_dates(facts),
            quoted_addresses=all_keyed(map(fold_address, facts.quoted_addresses), key),
            own_words=_own_words(read, key),
            words=read.words,
            question=read.question,
            has_attachment=facts.has_attachment,
            cut=" ".join(read.cut) or None,
        )

    def _direction(self, read: Reading, envelope: Envelope) -> Literal["in", "out"]:
        """The writer's is what an own address sent, what lies among sent mail, and every issue."""
        is_own = read.kind == "own" or envelope.role == "sent"
        return "out" if is_own or (read.sender and self._is_own(read.sender)) else "in"

    def _other(self, read: Reading, direction: str) -> str | None:
        """The address of the reader: who wrote, or whom the writer wrote to first."""
        if direction == "in":
            return read.sender
        return next((one for one in read.traces.recipients if not self._is_own(one)), None)

    def _genuine(self, read: Reading, facts: Facts) -> bool | None:
        if self._server is None or not read.sender:
            return None
        return is_genuine(facts.results, self._server, read.sender)

    def _is_own(self, address: str) -> bool:
        folded = fold_address(address)
        return folded in self._own or _without_plus(folded)[0] in self._own

    def _tokens(self, recipients: Iterable[str]) -> Iterable[str]:
        for address in recipients:
            bare, token = _without_plus(fold_address(address))
            if token and bare in self._own:
                yield token


def _without_plus(address: str) -> tuple[str, str]:
    """An address without its plus part, and that part."""
    local, at, domain = address.rpartition("@")
    local, _, token = local.partition("+")
    return f"{local}{at}{domain}", token


def _instant(seconds: float | None) -> Instant | None:
    """Microseconds of a clock of others; None for a time that no mail can have."""
    instant = None if seconds is None else round(seconds * SECOND)
    return instant if instant is not None and EARLIEST <= instant <= LATEST else None


def _identity(read: Reading, key: bytes) -> str:
    """What a mail is known by without an id of its own: sender, date, subject and text."""
    sender = fold_address(read.sender) if read.sender else ""
    digest = read.facts.digest if read.facts else ""
    said = (sender, str(read.traces.sent_at), *read.traces.subjects, digest)
    return keyed("\n".join(said), key)


def _dates(facts: Facts) -> str | None:
    found = [
        f"{round(seconds * SECOND)}{'m' if timed else ''}" for seconds, timed in facts.quoted_dates
    ]
    return " ".join(found) or None


def _own_words(read: Reading, key: bytes) -> str | None:
    words = words_of(read.text, MOST_POST_WORDS)
    return keyed(" ".join(words), key) if words else None
