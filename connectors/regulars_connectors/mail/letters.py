"""From a mail and the circumstances of its arrival to a letter, whose words stay behind.

Shared by all connectors that read mail: where a mail comes from is of no concern here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self, get_args

import msgspec

from ..addresses import fold_address, plain_address, without_plus
from ..correspondence import Correspondence, MailHead
from ..instants import EARLIEST, LATEST, SECOND, Instant
from ..keyed import all_keyed, keyed, runs_as_text
from ..records import Letter, LetterClock, LetterKind
from .classify import OF_PEOPLE
from .clocks import arrival
from .facts import Facts
from .limits import MOST_HEADER_BLOCK, MOST_POST_WORDS
from .parse import parse
from .reading import Reading, Request, Setup, read_head, unreadable
from .results import is_genuine
from .subjects import base_subjects
from .traces import words_of
from .worker import MailWorker

_KINDS: dict[str, LetterKind] = {kind: kind for kind in get_args(LetterKind)}
_LONGEST_ID = 998  # of a line (RFC 5322), so of a Message-ID as well


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the source says of a mail besides its bytes.

    arrived_at, clock: by the server of the mailbox, or by the time of the file. None where it
    cannot say. is_sent: it lay among the writer's sent mail. read_at: now, after which nothing can
    have arrived.
    """

    arrived_at: Instant | None = None
    clock: LetterClock = "server"
    is_junk: bool = False
    is_answered: bool | None = None
    is_sent: bool = False
    read_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What headers say. is_machine: they prove that no person wrote the mail."""

    shown: MailHead
    is_machine: bool


def look_at(raw: bytes) -> Look:
    """Read the headers of a mail, which may be followed by all of it."""
    reading = _head(raw)
    traces = reading.traces
    shown = MailHead(
        message_id=traces.message_id,
        parents=traces.parents,
        subjects=traces.subjects,
        sender=reading.sender,
        recipients=traces.recipients,
    )
    return Look(shown, reading.kind not in _MAY_BE_OF_PEOPLE)


_MAY_BE_OF_PEOPLE = OF_PEOPLE | {"own", "unreadable"}


def head_of(raw: bytes) -> MailHead:
    """What decides whether a mail is asked for, from its headers or all of it.

    As ``look_at`` shows it, at a third of the cost: a mailbox has a hundred thousand others.
    """
    try:
        mail = parse(_headers(raw))
    except Exception:  # noqa: BLE001 - whatever a mail brings about, the next one is read
        return MailHead()
    if not mail.root.headers:
        return MailHead()
    return MailHead(
        message_id=mail.message_id,
        parents=tuple(mail.parents),
        subjects=tuple(base_subjects(mail.subject)),
        sender=mail.sender.address if mail.sender else None,
        recipients=tuple(mail.recipients),
    )


def _head(raw: bytes) -> Reading:
    """The headers of a mail, read. What follows them is left out."""
    try:
        return read_head(_headers(raw), frozenset())
    except Exception:  # noqa: BLE001 - whatever a mail brings about, the next one is read
        return unreadable("error")


def _headers(raw: bytes) -> bytes:
    """The mail up to its first empty line."""
    ends = [at for at in (raw.find(gap) for gap in (b"\n\n", b"\n\r\n")) if at >= 0]
    return raw[: min([*(end + 1 for end in ends), MOST_HEADER_BLOCK])]


class LetterReader:
    """Makes letters, each mail read in a child process. Use it in a ``with`` block.

    checked_by: the server whose word on senders is taken (``authserv-id``, RFC 8601), or the end of
    its name.
    """

    def __init__(self, correspondence: Correspondence, *, checked_by: str | None = None) -> None:
        self._key, self._own = correspondence.key, correspondence.addresses
        self._checked_by = checked_by
        self._worker = MailWorker(Setup(self._own, self._key))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close()

    def read(self, raw: bytes, envelope: Envelope) -> Letter:
        """The letter of a mail; of class ``unreadable`` where it takes too much to be read.

        Raises WorkerBroken.
        """
        reading = self._worker.read(Request(raw, "letter"))
        if reading.facts is None:  # its headers say at least whose it is, and which
            head = _head(raw)
            digest = keyed(raw.partition(b"\n\n")[2].decode("latin-1"), self._key)
            reading = msgspec.structs.replace(
                head, kind="unreadable", rule=reading.rule, facts=Facts(digest=digest), words=0
            )
        return self._letter(reading, reading.facts or Facts(), envelope)

    def _letter(self, reading: Reading, facts: Facts, envelope: Envelope) -> Letter:
        traces, key = reading.traces, self._key
        direction = self._direction(reading, envelope)
        is_own = direction == "out" and reading.kind in OF_PEOPLE
        reader = self._reader(reading, direction)
        sent_at = _instant(traces.sent_at)
        arrived_at, clock = _arrival(facts, sent_at, envelope)
        return Letter(
            id=_identity(reading, facts, key),
            direction=direction,
            kind="own" if is_own else _KINDS[reading.kind],
            rule="sent_folder" if is_own else reading.rule,
            arrived_at=arrived_at,
            clock=clock,
            sent_at=sent_at,
            message_id=_message_id(reading),
            correspondent=keyed(reader, key) if reader else None,
            canonical=keyed(plain_address(reader), key) if reader else None,
            sender_certain=reading.sender_certain,
            authenticated=self._genuine(reading, facts),
            recipients=len({fold_address(one) for one in facts.addressed}),
            to_writer=any(self._is_own(one) for one in traces.recipients),
            is_junk=envelope.is_junk,
            is_list=reading.is_list,
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
            quoted_addresses=all_keyed(self._quoted(facts), key),
            own_words=_own_words(reading.text, key),
            words=reading.words,
            question=reading.question,
            has_attachment=facts.has_attachment,
            cut=" ".join(reading.cut) or None,
        )

    def _direction(self, reading: Reading, envelope: Envelope) -> Literal["in", "out"]:
        """The writer's is what an own address sent, what lies among sent mail, and every issue."""
        is_out = envelope.is_sent or reading.kind == "own"
        return "out" if is_out or (reading.sender and self._is_own(reading.sender)) else "in"

    def _reader(self, reading: Reading, direction: str) -> str:
        """The folded address of who wrote, or of whom the writer wrote to first."""
        if direction == "in":
            return fold_address(reading.sender) if reading.sender else ""
        others = (one for one in reading.traces.recipients if not self._is_own(one))
        return fold_address(next(others, ""))

    def _genuine(self, reading: Reading, facts: Facts) -> bool | None:
        if self._checked_by is None or not reading.sender:
            return None
        return is_genuine(facts.results, self._checked_by, reading.sender)

    def _is_own(self, address: str) -> bool:
        folded = fold_address(address)
        return folded in self._own or without_plus(folded)[0] in self._own

    def _tokens(self, recipients: Iterable[str]) -> list[str]:
        """Plus parts of the writer's addresses that it went to."""
        parts = [without_plus(fold_address(one)) for one in recipients]
        return [token for bare, token in parts if token and bare in self._own]

    def _quoted(self, facts: Facts) -> list[str]:
        """Addresses above a quote, without those of the writer, folded."""
        return [fold_address(one) for one in facts.quoted_addresses if not self._is_own(one)]


def _message_id(reading: Reading) -> str | None:
    named = reading.traces.message_id
    return named if 0 < len(named) <= _LONGEST_ID and named.isprintable() else None


def _identity(reading: Reading, facts: Facts, key: bytes) -> str:
    """Equal for the copies of one mail. Whoever copies the id of another mail makes a new one."""
    traces, sender = reading.traces, fold_address(reading.sender) if reading.sender else ""
    named = _message_id(reading) or ""
    parts = [named, sender, str(_instant(traces.sent_at))]
    if not named:
        parts += [*traces.subjects, facts.digest]
    return keyed("\n".join(parts), key)


def _arrival(
    facts: Facts, sent_at: Instant | None, envelope: Envelope
) -> tuple[Instant, LetterClock]:
    is_servers = envelope.clock == "server"
    return arrival(
        server=envelope.arrived_at if is_servers else None,
        received=_instant(facts.received_at),
        sent=sent_at,
        file=None if is_servers else envelope.arrived_at,
        now=envelope.read_at,
    )


def _instant(seconds: float | None) -> Instant | None:
    """Microseconds of a clock of others; None for a time that no mail can have."""
    instant = None if seconds is None else round(seconds * SECOND)
    return instant if instant is not None and EARLIEST <= instant <= LATEST else None


def _dates(facts: Facts) -> str | None:
    found = [
        f"{round(seconds * SECOND)}{'m' if timed else ''}" for seconds, timed in facts.quoted_dates
    ]
    return " ".join(found) or None


def _own_words(text: str, key: bytes) -> str | None:
    words = words_of(text, MOST_POST_WORDS)
    return keyed(" ".join(words), key) if words else None
