"""A mail as a tree of parts, by plain scanning: one pass over the bytes for each level.

Every level, part and header counts against a limit. Reading takes time in proportion to the
bytes, whatever they are.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from .limits import (
    MOST_DEPTH,
    MOST_HEADER,
    MOST_HEADER_BLOCK,
    MOST_HEADERS,
    MOST_LINE,
    MOST_PARSED,
    MOST_PARTS,
)

_LONGEST_BOUNDARY = 200
_LONGEST_PARAMETERS = 40
_BASE64 = bytes(
    sign
    for sign in range(256)
    if not (chr(sign).isascii() and (chr(sign).isalnum() or chr(sign) in "+/"))
)
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_NESTED = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(slots=True)
class Part:
    """One part of a mail. headers: names in lower case, values unfolded and not decoded."""

    headers: list[tuple[str, str]]
    type: str
    parameters: dict[str, str]
    disposition: str
    body: bytes = b""
    parts: list[Part] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """The first header of this name (in lower case); None where there is none."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def walk(self) -> Iterator[Part]:
        """This part and all below it, from the top."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += reversed(part.parts)

    def decoded(self, most: int) -> bytes:
        """The body without its transfer encoding, at most ``most`` bytes of it."""
        encoding = (self.first("content-transfer-encoding") or "").strip().casefold()
        if encoding == "base64":
            return _from_base64(self.body[: most * 3 // 2])[:most]
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body[: most * 3])[:most]
        return self.body[:most]


@dataclass(slots=True)
class _Budget:
    """What is left of the limits, over all parts of one mail. cut: what ran out."""

    parts: int = MOST_PARTS
    header_bytes: int = MOST_HEADER_BLOCK
    headers: int = MOST_HEADERS
    cut: set[str] = field(default_factory=set)


def read_mime(raw: bytes) -> tuple[Part, set[str]]:
    """The tree of a mail, and the names of the limits that it went beyond."""
    budget = _Budget()
    if len(raw) > MOST_PARSED:
        raw = raw[:MOST_PARSED]
        budget.cut.add("size")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    start = len(raw) - len(raw.lstrip())
    if start and raw[start - 1 : start] in b" \t":
        start = raw.rfind(b"\n", 0, start) + 1 if b"\n" in raw[:start] else start
    raw = _short_lines(raw[start:], budget)
    return _part(raw, 0, len(raw), MOST_DEPTH, "text/plain", budget), budget.cut


def _short_lines(raw: bytes, budget: _Budget) -> bytes:
    """The bytes with the end of each line that is too long cut off."""
    at, pieces, done = 0, [], 0
    while len(raw) - at > MOST_LINE:
        end = raw.rfind(b"\n", at, at + MOST_LINE)
        if end < 0:
            pieces.append(raw[done : at + MOST_LINE])
            end = raw.find(b"\n", at + MOST_LINE)
            done = len(raw) if end < 0 else end
            budget.cut.add("line")
            if end < 0:
                break
        at = end + 1
    return b"".join([*pieces, raw[done:]]) if pieces else raw


def _part(raw: bytes, start: int, end: int, depth: int, default: str, budget: _Budget) -> Part:
    budget.parts -= 1
    headers, body = _headers(raw, start, end, budget)
    named = dict(reversed(headers))
    kind, parameters = split_parameters(named.get("content-type", default))
    kind = kind.casefold() if kind.count("/") == 1 else default
    disposition = named.get("content-disposition", "").partition(";")[0].strip().casefold()
    part = Part(headers, kind, parameters, disposition)
    boundary = parameters.get("boundary", "")[:_LONGEST_BOUNDARY].rstrip()
    if kind.startswith("multipart/") and boundary:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        spans = _spans(raw, body, end, boundary.encode("latin-1", "replace"))
        if not depth:
            budget.cut.add("nesting")
            return part
        for first, last in spans:
            if budget.parts <= 0:
                budget.cut.add("parts")
                break
            part.parts.append(_part(raw, first, last, depth - 1, inner, budget))
        return part
    encoding = named.get("content-transfer-encoding", "").strip().casefold()
    if kind in _NESTED and encoding in _IDENTITY:
        if depth and budget.parts > 0:
            part.parts.append(_part(raw, body, end, depth - 1, "text/plain", budget))
        else:
            budget.cut.add("nesting" if not depth else "parts")
        return part
    part.body = raw[body:end]
    return part


def _headers(raw: bytes, at: int, end: int, budget: _Budget) -> tuple[list[tuple[str, str]], int]:
    """The headers from a place on, and where the body begins."""
    found: list[tuple[str, bytearray]] = []
    first = at
    while at < end:
        line_end = raw.find(b"\n", at, end)
        after = end if line_end < 0 else line_end + 1
        line = raw[at:after].rstrip(b"\r\n")
        if not line:
            at = after
            break
        if line[:1] in b" \t" and found:
            _grow(found[-1][1], b" " + line.strip(), budget)
        else:
            name, _, value = line.partition(b":")
            if not _is_header(line):
                if _is_mark(raw, line, after, end, is_first=at == first):
                    at = after
                    continue
                break
            if budget.headers <= 0:
                budget.cut.add("headers")
            else:
                budget.headers -= 1
                found.append((name.strip().decode("latin-1").lower(), bytearray()))
                _grow(found[-1][1], value.strip(), budget)
        at = after
    return [(name, _text(bytes(value))) for name, value in found], at


def _is_header(line: bytes) -> bool:
    name, colon, _ = line.partition(b":")
    return bool(colon and name.strip()) and b" " not in name.strip()


def _is_mark(raw: bytes, line: bytes, after: int, end: int, *, is_first: bool) -> bool:
    """Whether a line ``From `` of an mbox was left in a mail.

    A server that takes such a mail writes its own headers above the line, so it may stand among
    others. Where no header follows, it is text of a mail without an empty line.
    """
    if not line.startswith((b"From ", b">From ")):
        return False
    line_end = raw.find(b"\n", after, min(end, after + MOST_LINE))
    return is_first or (line_end >= 0 and _is_header(raw[after:line_end]))


def _grow(value: bytearray, more: bytes, budget: _Budget) -> None:
    room = min(MOST_HEADER - len(value), budget.header_bytes)
    if len(more) > room:
        budget.cut.add("headers")
    more = more[: max(room, 0)]
    budget.header_bytes -= len(more)
    value += more


def _text(value: bytes) -> str:
    if value.isascii():
        return value.decode("ascii")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _spans(raw: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts between the lines of a boundary begin and end."""
    mark = b"--" + boundary
    begun: int | None = None
    at = raw.find(mark, start, end)
    while at >= 0:
        after = at + len(mark)
        line_end = raw.find(b"\n", after, min(end, after + MOST_LINE))
        line_end = end if line_end < 0 else line_end
        rest = raw[after:line_end].strip()
        if (at == start or raw[at - 1] == 10) and rest in (b"", b"--"):
            if begun is not None:
                yield begun, max(begun, at - 1 - (raw[at - 2 : at - 1] == b"\r"))
            begun = min(line_end + 1, end)
            if rest:
                return
        at = raw.find(mark, after, end)
    if begun is not None:
        yield begun, end


def split_parameters(value: str) -> tuple[str, dict[str, str]]:
    """A value such as ``text/plain; charset="utf-8"``: what stands first, and its parameters."""
    pieces: list[str] = []
    piece: list[str] = []
    is_quoted = is_escaped = False
    for sign in value[:MOST_HEADER]:
        if is_escaped:
            piece.append(sign)
            is_escaped = False
        elif is_quoted and sign == "\\":
            is_escaped = True
        elif sign == '"':
            is_quoted = not is_quoted
        elif sign == ";" and not is_quoted:
            pieces.append("".join(piece))
            piece = []
            if len(pieces) > _LONGEST_PARAMETERS:
                break
        else:
            piece.append(sign)
    pieces.append("".join(piece))
    parameters: dict[str, str] = {}
    for one in pieces[1:]:
        name, _, given = one.partition("=")
        parameters.setdefault(name.strip().casefold(), given.strip())
    return pieces[0].strip(), parameters


def _from_base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        signs = body.translate(None, _BASE64)
        return binascii.a2b_base64(signs[: len(signs) // 4 * 4])
