"""A first glance at a mail in a file: when it came, which copies of it are one, and its flags."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from ..instants import Instant, from_datetime
from .clocks import arrival
from .folder_names import DRAFTS, JUNK
from .headers import decode_words, ids, instant_of, normal_id
from .mime import Part, read_mime

_ANSWERED_BIT = 0x0002  # of X-Mozilla-Status


@dataclass(frozen=True, slots=True)
class Glance:
    """came_at: for the order. same: equal for copies of one mail, 63 bits. is_answered: None where
    the mail has no flags in its headers.
    """

    came_at: Instant
    same: int
    is_answered: bool | None
    is_junk: bool
    is_draft: bool


def glance(start: bytes, length: int, written_at: Instant, now: Instant) -> Glance:
    """A glance at the first bytes of a mail of some length. written_at: the time of its file."""
    ends = [end + 1 for gap in (b"\n\n", b"\n\r\n") if (end := start.find(gap)) >= 0]
    root, _ = read_mime(start[: min(ends)] if ends else start)
    received = root.first("received")
    came_at, _ = arrival(
        received=_instant(received.rpartition(";")[2].strip() if received else None),
        sent=_instant(root.first("date")),
        file=written_at,
        now=now,
    )
    labels = _labels(root)
    return Glance(
        came_at,
        _same(root, start, length),
        _is_answered(root),
        is_junk=not labels.isdisjoint(JUNK),
        is_draft=not labels.isdisjoint(DRAFTS),
    )


def _instant(value: str | None) -> Instant | None:
    moment = instant_of(value)
    return None if moment is None else from_datetime(moment)


def _same(root: Part, start: bytes, length: int) -> int:
    """Of id, sender and date. Without an id, of the bytes and how many there are."""
    named = root.first("message-id") or ""
    named = next(iter(ids(named)), "") or normal_id(named.strip())
    said = f"{named}\n{root.first('from')}\n{root.first('date')}".encode()
    if not named:
        said = b"%d\n%b" % (length, start)
    return int.from_bytes(blake2b(said, digest_size=8).digest()) >> 1


def _is_answered(root: Part) -> bool | None:
    """The flags of Thunderbird, and of mutt, Dovecot and others."""
    bits = root.first("x-mozilla-status")
    if bits is not None:
        try:
            return bool(int(bits.strip()[:8], 16) & _ANSWERED_BIT)
        except ValueError:
            return None
    flags = root.first("x-status")
    return None if flags is None else "A" in flags


def _labels(root: Part) -> frozenset[str]:
    """Labels of Gmail in an export, in the language of the mailbox."""
    labels = decode_words(root.first("x-gmail-labels") or "").casefold()
    return frozenset(one.strip(' "') for one in labels.split(","))
