"""Bytes of a mail into what the rules look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .charsets import decode
from .headers import Address, addresses, decode_words, ids, instant_of, normal_id, sender_of
from .html_text import html_text
from .limits import MOST_PARSED, MOST_TEXT
from .mime import Part, read_mime

_PARENTS = ("references", "in-reply-to")
# Where machines name the mail that they answer.
_ANSWERED = ("x-ms-exchange-parent-message-id", "original-message-id", "x-original-message-id")
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")
_RETURNED = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"}
)


@dataclass(slots=True)
class Mail:
    """A mail as the rules see it. body: its text, quotes of HTML marked; parents: nearest last."""

    root: Part
    sender: Address | None = None
    sender_certain: bool = False
    subject: str = ""
    message_id: str = ""
    parents: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sent_at: datetime | None = None
    body: str = ""
    links: list[str] = field(default_factory=list)
    has_attachment: bool = False
    cut: set[str] = field(default_factory=set)

    def header(self, name: str) -> str:
        """The first header of a name in lower case, decoded; empty where there is none."""
        return decode_words(self.root.first(name) or "")

    def has(self, name: str) -> bool:
        return self.root.first(name) is not None


def parse(raw: bytes) -> Mail:
    """Read a mail. What is too much is left out and named in ``cut``."""
    root, cut = read_mime(raw)
    mail = Mail(root, cut=cut)
    mail.sender, mail.sender_certain = _sender(root)
    mail.subject = decode_words(root.first("subject") or "")
    identity = root.first("message-id") or ""
    mail.message_id = next(iter(ids(identity)), "") or normal_id(identity.strip())
    mail.parents = ids(*(root.first(name) for name in _PARENTS))
    mail.parents += [one for one in _answered(root) if one not in mail.parents]
    mail.recipients = _recipients(root)
    mail.sent_at = instant_of(root.first("date"))
    _read_parts(mail)
    return mail


def bare_mail(body: str, *, is_html: bool) -> Mail:
    """A mail of which there is only the text."""
    mail = Mail(Part([], "text/html" if is_html else "text/plain", {}, ""))
    _set_body(mail, body, is_html=is_html)
    return mail


def _sender(root: Part) -> tuple[Address | None, bool]:
    sender, is_certain = sender_of(root.all("from"))
    original = root.all("x-original-from")
    if sender is not None and original and " via " in f"{sender.name} ".casefold():
        author, _ = sender_of(original)
        return author or sender, False
    return sender, is_certain


def _answered(root: Part) -> list[str]:
    found = [root.first(name) for name in _ANSWERED]
    return [normal_id(one) for one in found if one and one.strip(" <>")]


def _recipients(root: Part) -> list[str]:
    found = [
        one.address for name in _RECIPIENTS for value in root.all(name) for one in addresses(value)
    ]
    return list(dict.fromkeys(found))


def _read_parts(mail: Mail) -> None:
    plain: Part | None = None
    html: Part | None = None
    for part, is_returned in _with_returned(mail.root):
        if is_returned:
            mail.returned += ids(part.first("message-id"))
            continue
        if part.type == "text/rfc822-headers":
            headers = read_mime(part.decoded(MOST_PARSED))[0]
            mail.returned += ids(headers.first("message-id"))
        is_attached = part.disposition == "attachment" or _has_file_name(part)
        if part.type == "text/plain" and not is_attached:
            if plain is None and part.body.strip():
                plain = part
        elif part.type == "text/html" and not is_attached:
            html = html or part
        elif not part.type.startswith(("multipart/", "message/", "text/")) or is_attached:
            mail.has_attachment = True
    chosen = plain or html
    if chosen is None:
        return
    text = _text_of(chosen)
    if chosen is plain and html is not None and not text.strip():
        chosen, text = html, _text_of(html)
    _set_body(mail, text, is_html=chosen is html)


def _with_returned(root: Part) -> list[tuple[Part, bool]]:
    """Every part, and whether it belongs to another mail that this one carries."""
    found: list[tuple[Part, bool]] = []
    waiting = [(root, False)]
    while waiting:
        part, inside = waiting.pop()
        found.append((part, inside))
        carries = inside or part.type in _RETURNED
        waiting += ((below, carries) for below in reversed(part.parts))
    return found


def _has_file_name(part: Part) -> bool:
    return part.disposition != "inline" and any(key.startswith("name") for key in part.parameters)


def _text_of(part: Part) -> str:
    raw = part.decoded(MOST_PARSED)
    if part.parameters.get("format", "").casefold() == "flowed":
        keeps = part.parameters.get("delsp", "").casefold() != "yes"
        return unflow(decode(raw, part.parameters.get("charset", "")), keeps_space=keeps)
    return decode(raw, part.parameters.get("charset", ""))


def _set_body(mail: Mail, text: str, *, is_html: bool) -> None:
    if len(text) > MOST_TEXT:
        mail.cut.add("text")
        text = text[:MOST_TEXT]
    if is_html:
        read = html_text(text)
        if read.is_cut:
            mail.cut.add("html")
        text, mail.links = read.text, read.links
    mail.body = text


def unflow(text: str, *, keeps_space: bool = True) -> str:
    """Lines that a program broke are joined again (RFC 3676), within one depth of quotes."""
    pieces: list[list[str]] = []
    last_depth, is_open = -1, False
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        flows = bare.endswith(" ") and bare != "-- "
        if is_open and depth == last_depth and bare != "-- ":
            pieces[-1].append(bare)
        else:
            pieces.append([f"{'>' * depth} {bare}" if depth else bare])
        if flows and not keeps_space:
            pieces[-1][-1] = pieces[-1][-1][:-1]
        last_depth, is_open = depth, flows
    return "\n".join("".join(piece) for piece in pieces)
