"""How mail programs lay out a reply: where the words stand, and how the issue is quoted below.

Each takes what the reader wrote and what is quoted, and returns plain text and HTML; one of them
may be missing. The layouts follow what these programs send; the words are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Quoted:
    """The mail that is answered: who sent it, to whom, when, under which subject, its text."""

    name: str
    address: str
    to: str
    at_s: int
    subject: str
    text: str

    @property
    def at(self) -> datetime:
        """When it was sent, in UTC."""
        return datetime.fromtimestamp(self.at_s, UTC)


@dataclass(frozen=True, slots=True)
class Body:
    """What a program sends."""

    plain: str | None
    html: str | None = None


Program: TypeAlias = Callable[[str, Quoted], Body]


def gmail(words: str, quoted: Quoted) -> Body:
    """Words above, an attribution, the quote marked; the same as HTML."""
    at = quoted.at
    head = (
        f"On {at:%a, %b} {at.day}, {at.year} at {at:%I:%M %p}, {quoted.name} <{quoted.address}> "
        "wrote:"
    )
    html = (
        f'<div dir="ltr">{_as_html(words)}</div><br><div class="gmail_quote">'
        f'<div dir="ltr" class="gmail_attr">{escape(head)}<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc">'
        f"{_as_html(quoted.text)}</blockquote></div>"
    )
    return Body(f"{words}\n\n{head}\n\n{_marked(quoted.text)}", html)


def gmail_in_german(words: str, quoted: Quoted) -> Body:
    """The same in another language, as plain text."""
    at = quoted.at
    head = f"Am {at:%d.%m.%Y} um {at:%H:%M} schrieb {quoted.name} <{quoted.address}>:"
    return Body(f"{words}\n\n{head}\n\n{_marked(quoted.text)}")


def apple_mail(words: str, quoted: Quoted) -> Body:
    """The attribution is marked as quoted, too."""
    at = quoted.at
    head = f"On {at.day} {at:%b %Y}, at {at:%H:%M}, {quoted.name} <{quoted.address}> wrote:"
    return Body(f"{words}\n\n{_marked(head)}\n> \n{_marked(quoted.text)}\n")


def thunderbird(words: str, quoted: Quoted) -> Body:
    """The quote first, the words below it."""
    at = quoted.at
    head = f"On {at:%d/%m/%Y %H:%M}, {quoted.name} wrote:"
    return Body(f"{head}\n{_marked(quoted.text)}\n\n{words}\n")


def outlook(words: str, quoted: Quoted) -> Body:
    """A block of headers, below it the issue without any mark."""
    block = "\n".join(f"{name}: {value}" for name, value in _block(quoted))
    return Body(f"{words}\n\n{block}\n\n{quoted.text}\n")


def outlook_on_the_web(words: str, quoted: Quoted) -> Body:
    """HTML alone: a rule, a block of headers in bold, the issue."""
    block = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in _block(quoted))
    return Body(
        None,
        f'<div class="elementToProof">{_as_html(words)}</div><div id="appendonsend"></div>'
        f'<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" '
        f'dir="ltr">{block}<div>&nbsp;</div></div><div>{_as_html(quoted.text)}</div>',
    )


PROGRAMS: tuple[Program, ...] = (
    gmail, gmail_in_german, apple_mail, thunderbird, outlook, outlook_on_the_web,
)  # fmt: skip
OUTLOOKS: tuple[Program, ...] = (outlook, outlook_on_the_web)
"""Those that quote to whom a mail went."""


def _block(quoted: Quoted) -> tuple[tuple[str, str], ...]:
    at = quoted.at
    return (
        ("From", f"{quoted.name} <{quoted.address}>"),
        ("Sent", f"{at:%A, %B} {at.day}, {at.year} {at:%I:%M %p}"),
        ("To", quoted.to),
        ("Subject", quoted.subject),
    )


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _as_html(text: str) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))
