"""The mails of a world as one mbox file."""

from __future__ import annotations

import quopri
from base64 import encodebytes
from collections.abc import Iterable
from email.header import Header
from email.utils import format_datetime

from .machines import machine_headers, machine_parts
from .mail import Mail, Mailbox
from .programs import body_of, clock

_IN_BASE64 = frozenset({"outlook_web", "outlook_mac"})
_TRANSIT_S = 7  # from the sender's clock to the server's


def mailbox(mails: Iterable[Mail]) -> bytes:
    """An mbox of mails, in the order of time."""
    return b"".join(_one(mail) for mail in sorted(mails, key=lambda mail: (mail.at_s, mail.id)))


def _one(mail: Mail) -> bytes:
    lines = (_headers(mail) + _content(mail)).rstrip(b"\n").split(b"\n")
    quoted = (b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
    start = f"From - {clock(mail.at_s, 0):%a %b %d %H:%M:%S %Y}\n"
    return start.encode() + b"\n".join(quoted) + b"\n\n"


def _headers(mail: Mail) -> bytes:
    named: list[tuple[str, str]] = []
    sent_s = mail.at_s
    if mail.direction == "in":
        sent_s -= _TRANSIT_S
        received = format_datetime(clock(mail.at_s, 0))
        named.append(("Received", f"from mx.example.net by mail.example.org; {received}"))
    named += [
        ("From", _mailbox(mail.sender)),
        ("To", _mailbox(mail.recipient)),
        ("Subject", _encoded(mail.subject)),
        ("Date", format_datetime(clock(sent_s, mail.zone_h))),
        ("Message-ID", f"<{mail.id}>"),
    ]
    if mail.reply_to:
        named.append(("Reply-To", mail.reply_to))
    if mail.parents:
        named.append(("In-Reply-To", f"<{mail.parents[-1]}>"))
        named.append(("References", "\n ".join(f"<{one}>" for one in mail.parents)))
    named += machine_headers(mail)
    named.append(("MIME-Version", "1.0"))
    return "".join(f"{name}: {value}\n" for name, value in named).encode()


def _content(mail: Mail) -> bytes:
    made = machine_parts(mail)
    if made is not None:
        return _multipart(*made, f"part-{mail.at_s}")
    text, html = body_of(mail)
    in_base64 = mail.program in _IN_BASE64
    parts = [
        _part(kind, content, in_base64=in_base64)
        for kind, content in (("text/plain", text), ("text/html", html))
        if content is not None
    ]
    if len(parts) == 1:
        return parts[0]
    return _multipart("multipart/alternative", parts, f"part-{mail.at_s}")


def _multipart(kind: str, parts: list[bytes], boundary: str) -> bytes:
    joined = b"".join(f"--{boundary}\n".encode() + part + b"\n" for part in parts)
    head = f'Content-Type: {kind}; boundary="{boundary}"\n\n'
    return head.encode() + joined + f"--{boundary}--\n".encode()


def _part(kind: str, content: str, *, in_base64: bool) -> bytes:
    raw = content.encode()
    body = encodebytes(raw) if in_base64 else quopri.encodestring(raw)
    encoding = "base64" if in_base64 else "quoted-printable"
    head = f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + body


def _mailbox(one: Mailbox) -> str:
    return f"{_encoded(one.name)} <{one.address}>" if one.name else one.address


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()
