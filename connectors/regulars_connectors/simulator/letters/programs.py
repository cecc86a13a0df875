"""How six mail programs write a letter and quote what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import NamedTuple

from .mail import Mail, Program, Quoted


class Body(NamedTuple):
    """What a program makes of a letter: a text, an HTML, or both."""

    text: str | None
    html: str | None = None


def body_of(mail: Mail) -> Body:
    """The body of a mail in the manner of its program."""
    if mail.quoted is None:
        return Body(f"{mail.text}\n")
    return _STYLES[mail.program](mail, mail.quoted)


def clock(at_s: int, zone_h: int) -> datetime:
    """A second on the clock of a zone."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(timezone(timedelta(hours=zone_h)))


def _gmail(mail: Mail, quoted: Quoted) -> Body:
    when = clock(quoted.at_s, mail.zone_h)
    at = f"{when:%a, %b} {when.day}, {when.year} at {when.hour % 12 or 12}:{when:%M %p}"
    name, address = quoted.sender
    text = f"{mail.text}\n\nOn {at} {name}\n<{address}> wrote:\n\n{_marked(quoted)}\n"
    html = (
        f'<div dir="ltr">{_divs(mail.text)}</div><br><div class="gmail_quote'
        f' gmail_quote_container"><div dir="ltr" class="gmail_attr">On {at} {escape(name)} &lt;<a'
        f' href="mailto:{address}">{address}</a>&gt; wrote:<br></div><blockquote'
        f' class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{_breaks(quoted)}</blockquote>'
        "</div>"
    )
    return Body(text, html)


def _apple(mail: Mail, quoted: Quoted) -> Body:
    when = clock(quoted.at_s, mail.zone_h)
    name, address = quoted.sender
    head = f"> On {when.day} {when:%b %Y, at %H:%M}, {name} <{address}> wrote:"
    return Body(f"{mail.text}\n\nSent from my iPhone\n\n{head}\n> \n{_marked(quoted)}\n")


def _thunderbird(mail: Mail, quoted: Quoted) -> Body:
    """The words stand below the quote."""
    when = clock(quoted.at_s, mail.zone_h)
    head = f"On {when:%d/%m/%Y %H:%M}, {quoted.sender.name} wrote:"
    return Body(f"{head}\n{_marked(quoted)}\n\n{mail.text}\n\n-- \n{mail.sender.name}\n")


def _outlook(mail: Mail, quoted: Quoted) -> Body:
    """A block of headers directly below the words, and no mark at the quote."""
    return Body(f"{mail.text}\n\n{_block(mail, quoted)}\n\n{_plain(quoted)}\n")


def _outlook_web(mail: Mail, quoted: Quoted) -> Body:
    """HTML alone, as after a gateway that drops the text. Marks tell that the block is quoted."""
    html = (
        f'{_divs(mail.text)}<div id="appendonsend"></div><hr tabindex="-1"'
        f' style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font'
        f' face="Calibri">{_html_block(mail, quoted)}</font><div>&nbsp;</div></div>'
        f"<div>{_breaks(quoted)}</div>"
    )
    return Body(None, html)


def _outlook_mac(mail: Mail, quoted: Quoted) -> Body:
    """HTML alone. Nothing but the block of headers shows where the quote begins."""
    html = (
        f'{_paragraphs(mail.text)}<div style="border:none;border-top:solid #B5C4DF 1.0pt;'
        f'padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{_html_block(mail, quoted)}</p></div>'
        f"{_paragraphs(_plain(quoted))}"
    )
    return Body(None, html)


_STYLES: Mapping[Program, Callable[[Mail, Quoted], Body]] = {
    "gmail": _gmail,
    "apple": _apple,
    "outlook": _outlook,
    "outlook_web": _outlook_web,
    "thunderbird": _thunderbird,
    "outlook_mac": _outlook_mac,
}


def _heads(mail: Mail, quoted: Quoted) -> list[tuple[str, str]]:
    when = clock(quoted.at_s, mail.zone_h)
    name, address = quoted.recipient
    at = f"{when:%A, %B} {when.day}, {when.year} {when.hour % 12 or 12}:{when:%M %p}"
    return [
        ("From", f"{quoted.sender.name} <{quoted.sender.address}>"),
        ("Date" if mail.program == "outlook_mac" else "Sent", at),
        ("To", f"{name} <{address}>" if name else address),
        ("Subject", quoted.subject),
    ]


def _block(mail: Mail, quoted: Quoted) -> str:
    return "\n".join(f"{label}: {value}" for label, value in _heads(mail, quoted))


def _html_block(mail: Mail, quoted: Quoted) -> str:
    heads = _heads(mail, quoted)
    return "<br>".join(f"<b>{label}:</b> {escape(value)}" for label, value in heads)


def _plain(quoted: Quoted) -> str:
    return "\n\n".join(quoted.lines)


def _marked(quoted: Quoted) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _plain(quoted).split("\n"))


def _breaks(quoted: Quoted) -> str:
    return "<br>".join(escape(line) for line in quoted.lines)


def _divs(text: str) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _paragraphs(text: str) -> str:
    lines = (line for line in text.split("\n") if line)
    return "".join(f'<p class="MsoNormal">{escape(line)}</p>' for line in lines)
