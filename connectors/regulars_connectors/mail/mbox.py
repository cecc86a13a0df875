"""The mails in an mbox file, one after another, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .limits import MIB, MOST_PARSED

_MOST_KEPT = MOST_PARSED + 1  # the one byte more says that there was more
_MARK = b"From "
_SEAM = len(_MARK) + 3  # with the empty line above it


class Span(NamedTuple):
    """Where a mail lies in its file, in bytes, from its line ``From `` on. start: of its text as it
    stands there, as much as was asked for."""

    at: int
    length: int
    start: bytes


def mails(handle: BinaryIO) -> Iterator[bytes]:
    """The bytes of each mail, at most the first MiB and one byte; lines ``>From`` unquoted."""
    for span in spans(handle):
        if span.start.strip():
            yield unquoted(span.start)


def spans(handle: BinaryIO, most: int = _MOST_KEPT) -> Iterator[Span]:
    """Where each mail lies, from the place of the file on, with its first ``most`` bytes."""
    kept = bytearray()
    begun = at = handle.tell()  # of the mail, and of what was read
    rest = handle.read(MIB)
    while len(rest) < len(_MARK) and (more := handle.read(MIB)):
        rest += more
    has_any = rest.startswith(_MARK)
    while rest:
        done = 0
        while (start := _next_mark(rest, done + 1)) >= 0:
            if has_any:
                _keep(kept, rest[done:start], most)
                yield Span(begun, at + start - begun, bytes(kept))
            kept.clear()
            has_any = True
            done, begun = start, at + start
        more = handle.read(MIB)
        if not more:
            rest = rest[done:]
            at += done
            break
        # A mark may lie across the end of what was read.
        seam = max(len(rest) - _SEAM, done)
        _keep(kept, rest[done:seam], most)
        rest = rest[seam:] + more
        at += seam
    _keep(kept, rest, most)
    if kept:
        yield Span(begun, at + len(rest) - begun, bytes(kept))


def _next_mark(rest: bytes, start: int) -> int:
    """Where the next line ``From `` stands below an empty line; -1 where none does."""
    at = rest.find(_MARK, start)
    while at >= 0:
        if rest.endswith((b"\n\n", b"\n\r\n"), max(at - 3, 0), at):
            return at
        at = rest.find(_MARK, at + 1)
    return -1


def _keep(kept: bytearray, more: bytes, most: int) -> None:
    kept += more[: max(most - len(kept), 0)]


def unquoted(mail: bytes) -> bytes:
    """Without the line ``From `` on top, and one > less before it in the text."""
    if mail.startswith(_MARK):
        mail = mail[mail.find(b"\n") + 1 :] if b"\n" in mail else b""
    if b">From " not in mail:
        return mail
    lines = mail.split(b"\n")
    return b"\n".join(
        line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(_MARK) else line
        for line in lines
    )
