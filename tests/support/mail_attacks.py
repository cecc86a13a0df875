"""Mails made to take long. Each is a function from a size to bytes; the size is given in steps."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Callable, Mapping

HEAD = b"From: Mika <mika@reader.example>\nSubject: Re: Bread\n"
PLAIN = HEAD + b"Content-Type: text/plain; charset=utf-8\n\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\n\n"


def _header(name: bytes, piece: bytes, count: int) -> bytes:
    return HEAD + name + b": " + piece * count + b"\n\nHello.\n"


def _folded(name: bytes, piece: bytes, count: int) -> bytes:
    return HEAD + name + b": " + (piece + b"\n ") * count + b"x\n\nHello.\n"


def _nested(count: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(count)
    )
    return HEAD + opened + b"\nHello.\n"


def _mails_in_mails(count: int) -> bytes:
    return HEAD + b"Content-Type: message/rfc822\n\n" * count + b"Subject: x\n\nHello.\n"


def _same_boundary(count: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * count + b"\nHello.\n"


def _parts(count: int) -> bytes:
    return (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * count + b"--b--\n"
    )


def _almost_boundaries(count: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b--b" * count


def _headers(count: int) -> bytes:
    return HEAD + b"".join(b"X-H%d: y\n" % at for at in range(count)) + b"\nHello.\n"


def _parameters(count: int) -> bytes:
    return HEAD + b"Content-Type: text/plain" + b'; a="b;c"' * count + b"\n\nHello.\n"


def _attributes(count: int) -> bytes:
    return _encoded(HTML, b"<p " + b" ".join(b"a%d=1" % at for at in range(count)) + b">x")


def _encoded(head: bytes, body: bytes) -> bytes:
    """In base64, so that no line of the mail is long and every line of its text is there."""
    return head[:-1] + b"Content-Transfer-Encoding: base64\n\n" + encodebytes(body)


def _lines(line: bytes) -> Callable[[int], bytes]:
    return lambda count: _encoded(PLAIN, line * count)


def _html(piece: bytes) -> Callable[[int], bytes]:
    return lambda count: _encoded(HTML, piece * count)


# Name, how often for one step, and the mail.
ATTACKS: Mapping[str, tuple[int, Callable[[int], bytes]]] = {
    "addresses in one header": (4000, lambda n: _header(b"To", b"a@b.example, ", n)),
    "addresses over many lines": (4000, lambda n: _folded(b"To", b"a@b.example,", n)),
    "encoded words": (4000, lambda n: _header(b"Subject", b"=?utf-8?q?a?= ", n)),
    "encoded words without end": (8000, lambda n: _header(b"Subject", b"=?utf-8?q?", n)),
    "nested comments": (1000, lambda n: _header(b"From", b"(", n)),
    "angles that stay open": (8000, lambda n: _header(b"References", b"<a@", n)),
    "quotes that stay open": (8000, lambda n: _header(b"From", b'"\\', n)),
    "dates": (8000, lambda n: _header(b"Date", b"Mon, (", n)),
    "nested parts": (500, _nested),
    "mails in mails": (500, _mails_in_mails),
    "one boundary for all": (1000, _same_boundary),
    "tiny parts": (20_000, _parts),
    "almost boundaries": (20_000, _almost_boundaries),
    "many headers": (5000, _headers),
    "many parameters": (5000, _parameters),
    "on and on": (20_000, _lines(b"On ")),
    "on, line by line": (5000, _lines(b"On Monday:\n")),
    "blanks and a colon": (50_000, lambda n: _encoded(PLAIN, b" " * n + b":")),
    "addresses that stay open": (20_000, _lines(b"<a@")),
    "dashes": (50_000, _lines(b"-")),
    "dashes and words": (8000, _lines(b"--- a ---\n")),
    "quotes of quotes": (100_000, _lines(b">")),
    "quoted lines": (2000, _lines(b"> a 2026 10:00 <a@b.example>:\n")),
    "labels": (4000, _lines(b"Label: 2026-03-02 10:00 a@b.example\n")),
    "labels without proof": (4000, _lines(b"Label: x\n")),
    "signatures": (4000, _lines(b"-- \n")),
    "sent from": (2000, _lines(b"Sent from my phone\n")),
    "colons above blanks": (4000, _lines(b"so:\n\n\n\n")),
    "digits": (50_000, _lines(b"1")),
    "digits and colons": (30_000, _lines(b"1:")),
    "at signs": (50_000, _lines(b"@a")),
    "open tags": (5000, _html(b"<div>")),
    "open tags with attributes": (4000, _html(b"<b a=1>")),
    "many attributes": (8000, _attributes),
    "open comments": (8000, _html(b"<!--")),
    "entities": (8000, _html(b"&amp")),
    "tables": (2000, _html(b"<table><tr><td>")),
    "lists": (5000, _html(b"<li><p>")),
    "blockquotes": (2000, _html(b"<blockquote>x")),
    "links": (4000, _html(b"<a href=http://b.example/1>x</a>")),
    "base64 that is none": (
        20_000,
        lambda n: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=A*" * n,
    ),
    "quoted printable that is none": (
        20_000,
        lambda n: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n=G" * n,
    ),
    "one line without end": (100_000, lambda n: PLAIN + b"On " * n),
    "zero bytes": (50_000, _lines(b"\0")),
    "marks of direction": (20_000, _lines("\u202e".encode())),
    "combining marks": (20_000, _lines("\u0301".encode())),
}  # fmt: skip
