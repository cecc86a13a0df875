"""From a mail and the circumstances of its arrival to a letter, whose words stay behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self, cast

from ..addresses import fold_address, plain_address
from ..correspondence import Correspondence, MailHead
from ..instants import SECOND, Instant
from ..keyed import all_keyed, keyed, runs_as_text
from ..records import Letter, LetterClock, LetterKind
from .limits import MOST_HEADER_BLOCK, MOST_POST_WORDS
from .parse import parse
from .quoted_dates import dates_in
from .reading import Reading, Request, Setup
from .subjects import base_subjects
from .traces import Traces, links_of, runs_of, words_of
from .worker import MailWorker

COPIED_AFTER = timedelta(days=7) // timedelta(microseconds=1)
_IN_ADDRESSES = frozenset("!#$%&'*+-/=?^_`{|}~.@")
_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the source says of a mail besides its bytes. arrived_at: None where it cannot say."""

    arrived_at: Instant | None = None
    clock: LetterClock = "server"
    is_junk: bool = False
    is_answered: bool | None = None


def head_of(raw: bytes) -> MailHead:
    """What decides whether a mail is asked for, from its headers or all of it."""
    mail = parse(_headers(raw))
    return MailHead(
        message_id=mail.message_id,
        parents=tuple(mail.parents),
        subjects=tuple(base_subjects(mail.subject)),
        sender=mail.sender.address if mail.sender else None,
        recipients=tuple(mail.recipients),
    )


class LetterReader:
    """Makes letters, each mail read in a child process. Use it in a ``with`` block.

    checked_by: the server whose word on senders is taken (``authserv-id``, RFC 8601).
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
        reading = self._worker.read(Request(raw))
        return self._letter(reading, envelope, raw)

    def _letter(self, reading: Reading, envelope: Envelope, raw: bytes) -> Letter:
        traces, key = reading.traces, self._key
        sender = fold_address(reading.sender) if reading.sender else ""
        recipients = list(dict.fromkeys(fold_address(one) for one in traces.recipients))
        readers = [one for one in recipients if one not in self._own]
        is_out = bool(sender) and sender in self._own
        reader = (readers[0] if readers else "") if is_out else sender
        arrived_at, clock = _arrival(reading, envelope)
        is_copy = is_out and not traces.parents and not traces.has_reply_prefix
        shown = _as_copy(traces, reading.text, key) if is_copy else traces
        return Letter(
            id=_identity(reading, sender, raw, key),
            direction="out" if is_out else "in",
            kind=cast("LetterKind", reading.kind),
            rule=reading.rule,
            arrived_at=arrived_at,
            clock=clock,
            sent_at=_instant(traces.sent_at),
            message_id=traces.message_id or None,
            correspondent=keyed(reader, key) if reader else None,
            canonical=keyed(plain_address(reader), key) if reader else None,
            sender_certain=reading.sender_certain,
            authenticated=self._authenticated(reading.authentication),
            recipients=len(readers) if is_out else len(recipients),
            to_writer=not self._own.isdisjoint(recipients),
            is_junk=envelope.is_junk,
            is_list=reading.is_list,
            is_answered=envelope.is_answered,
            is_reply=traces.has_reply_prefix,
            parents=all_keyed(traces.parents, key),
            returned=all_keyed(traces.returned, key),
            tokens=all_keyed(_plus_parts(recipients), key),
            subjects=all_keyed(traces.subjects, key),
            topics=all_keyed(traces.topics, key),
            links=all_keyed(shown.links, key),
            runs=runs_as_text(shown.runs),
            quoted_dates=_dates(traces.heads, self._own),
            quoted_addresses=all_keyed(_addresses(traces.heads, self._own), key),
            own_words=_own_words(reading.text, key),
            words=reading.words,
            question=reading.question,
            has_attachment=reading.has_attachment,
            cut=" ".join(reading.cut) or None,
        )

    def _authenticated(self, results: Iterable[str]) -> bool | None:
        """What the trusted server says of the sender: by DMARC, else by a signature."""
        if self._checked_by is None:
            return None
        for result in results:
            server, _, rest = result.partition(";")
            if server.split()[:1] != [self._checked_by]:
                continue
            said = dict(
                part.split()[0].split("=", 1)
                for part in rest.split(";")
                if part.split() and "=" in part.split()[0]
            )
            if "dmarc" in said:
                return said["dmarc"].casefold() == "pass"
            return said.get("dkim", "").casefold() == "pass"
        return None


def _headers(raw: bytes) -> bytes:
    """The mail up to its first empty line."""
    ends = [at for at in (raw.find(gap) for gap in (b"\n\n", b"\n\r\n")) if at >= 0]
    return raw[: min(ends) + 1] if ends else raw[:MOST_HEADER_BLOCK]


def _identity(reading: Reading, sender: str, raw: bytes, key: bytes) -> str:
    """Equal for the copies of one mail. Whoever copies the id of another mail makes a new one."""
    traces = reading.traces
    parts = [traces.message_id, sender, str(_instant(traces.sent_at))]
    if not traces.message_id:
        parts += [*traces.subjects, reading.text or raw.partition(b"\n\n")[2].decode("latin-1")]
    return keyed("\n".join(parts), key)


def _arrival(reading: Reading, envelope: Envelope) -> tuple[Instant, LetterClock]:
    """When it arrived, and by which clock.

    A mailbox that was copied dates its mails from the copying: a server's time more than a week
    after that of the last server on the way is not taken.
    """
    received, sent = _instant(reading.received_at), _instant(reading.traces.sent_at)
    given = envelope.arrived_at
    if given is not None and envelope.clock == "server":
        is_copied = received is not None and given - received > COPIED_AFTER
        if not is_copied:
            return given, "server"
    if received is not None:
        return received, "received"
    if sent is not None:
        return sent, "sent"
    return given or 0, envelope.clock


def _instant(seconds: float | None) -> Instant | None:
    return None if seconds is None else round(seconds * SECOND)


def _as_copy(traces: Traces, text: str, key: bytes) -> Traces:
    """Of a mail of the writer's that begins something: what answers to it may quote."""
    return Traces(
        runs=tuple(runs_of(text, key, MOST_POST_WORDS)),
        links=tuple(dict.fromkeys([*traces.links, *links_of(text)])),
    )


def _plus_parts(recipients: Iterable[str]) -> list[str]:
    found = [one.rpartition("@")[0].partition("+")[2] for one in recipients]
    return [one.casefold() for one in found if one]


def _dates(heads: Iterable[str], own: frozenset[str]) -> str | None:
    """Dates that stand beside an address of the writer, each reading once."""
    found: dict[str, None] = {}
    for head in heads:
        folded = head.casefold()
        if any(one in folded for one in own):
            for when, is_timed in dates_in(head):
                found[f"{round(when.timestamp()) * SECOND}{'m' if is_timed else ''}"] = None
    return " ".join(found) or None


def _addresses(heads: Iterable[str], own: frozenset[str]) -> list[str]:
    """Addresses above a quote, without those of the writer, folded."""
    found: dict[str, None] = {}
    for head in heads:
        at = head.find("@")
        while at >= 0:
            start, end = at, at + 1
            while start > 0 and _is_in_address(head[start - 1]):
                start -= 1
            while end < len(head) and _is_in_address(head[end]):
                end += 1
            address = fold_address(head[start:end].strip(".'*_-"))
            if address.count("@") == 1 and "." in address.rpartition("@")[2] and address not in own:
                found[address] = None
            at = head.find("@", end)
    return list(found)


def _is_in_address(sign: str) -> bool:
    return sign.isalnum() or sign in _IN_ADDRESSES


def _own_words(text: str, key: bytes) -> str | None:
    words = words_of(text, _MOST_WORDS)
    return keyed(" ".join(words), key) if words else None
