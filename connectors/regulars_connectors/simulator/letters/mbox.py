"""The mailbox as a file: received and sent mails in one mbox (RFC 4155)."""

from __future__ import annotations

import quopri
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ...instants import SECOND, Instant
from ..randomness import generator
from . import wording
from .correspondence import DOMAIN, Mail, mails_of
from .programs import OUTLOOKS, Body, Quoted

if TYPE_CHECKING:
    from ..world import World

WRITER = "ines@harbour.example"
NAME = "Letters from the Harbour"


def mbox(world: World, until: Instant) -> Iterator[bytes]:
    """The mails that were there by ``until``, in parts that make one mbox."""
    for mail in mails_of(world):
        if mail.at_s * SECOND >= until:
            return
        at = datetime.fromtimestamp(mail.at_s, UTC)
        raw = message(world, mail).replace(b"\nFrom ", b"\n>From ")
        yield f"From {_sender(mail)} {at:%a %b %d %H:%M:%S %Y}\n".encode() + raw + b"\n"


def message(world: World, mail: Mail) -> bytes:
    """One mail as its program sends it, marked as invented."""
    at = format_datetime(datetime.fromtimestamp(mail.at_s, UTC))
    headers = [
        ("Received", f"from out.{DOMAIN} by mx.harbour.example with ESMTP; {at}"),
        ("From", f"{NAME} <{WRITER}>" if mail.is_own else _sender(mail)),
        ("To", mail.address if mail.is_own else WRITER),
        ("Subject", _encoded(mail.subject)),
        ("Date", at),
        ("Message-ID", f"<{mail.id}>"),
        ("Comments", "invented"),
        ("MIME-Version", "1.0"),
    ]
    if mail.parents:
        headers.append(("In-Reply-To", f"<{mail.parents[-1]}>"))
        headers.append(("References", " ".join(f"<{one}>" for one in mail.parents)))
    if mail.kind == "auto_reply":
        headers.append(("Auto-Submitted", "auto-replied"))
    head = "".join(f"{name}: {value}\n" for name, value in headers).encode()
    return head + (_report(mail) if mail.kind == "bounce" else _content(_body(world, mail)))


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()


def _sender(mail: Mail) -> str:
    if mail.kind == "bounce":
        return f"MAILER-DAEMON@{DOMAIN}"
    return WRITER if mail.is_own else mail.address


def _body(world: World, mail: Mail) -> Body:
    if mail.kind == "auto_reply":
        return Body(mail.text)
    text = mail.text
    if mail.kind == "human" and mail.answers is None:
        signature = generator(world.seed, f"body/{mail.id}").choice(wording.SIGNATURES)
        if signature:
            text = f"{text}\n\n{signature}"
        elif mail.program in OUTLOOKS:
            text = f"{text}\n\n{wording.POSTSCRIPT}"
    return mail.program(text, _quoted(mail))


def _quoted(mail: Mail) -> Quoted:
    """The mail that it answers: the issue, or what the other side wrote last."""
    above = mail.answers
    if above is None:
        issue = wording.issue(mail.post.subject)
        return Quoted(NAME, WRITER, mail.to, mail.post.sent_s or 0, mail.post.subject, issue)
    subject = f"Re: {mail.post.subject}"
    if above.is_own:
        return Quoted(NAME, WRITER, above.address, above.at_s, subject, above.text)
    name = above.address.partition("@")[0]
    return Quoted(name, above.address, WRITER, above.at_s, subject, above.text)


def _content(body: Body) -> bytes:
    """Content headers and what follows them; both forms stand in one part each."""
    if body.html is None:
        return _text("plain", body.plain or "")
    if body.plain is None:
        return _text("html", body.html)
    both = (_text("plain", body.plain), _text("html", body.html))
    parts = b"".join(b"--part\n" + one + b"\n" for one in both)
    return b'Content-Type: multipart/alternative; boundary="part"\n\n' + parts + b"--part--\n"


def _text(subtype: str, text: str) -> bytes:
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\n"
        "Content-Transfer-Encoding: quoted-printable\n\n"
    )
    return head.encode() + quopri.encodestring(text.encode()) + b"\n"


def _report(mail: Mail) -> bytes:
    """Of a mail that was not delivered (RFC 3464)."""
    return (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="part"\n\n'
        "--part\nContent-Type: text/plain; charset=utf-8\n\n"
        "This is the mail system. Your message could not be delivered.\n"
        "--part\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; out.{DOMAIN}\n\n"
        f"Final-Recipient: rfc822; {mail.address}\nAction: failed\nStatus: 5.1.1\n"
        "--part--\n"
    ).encode()
