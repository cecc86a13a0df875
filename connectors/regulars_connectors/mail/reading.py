"""From the bytes of a mail to one reading: class, own words, and what ties it to posts."""

from __future__ import annotations

import msgspec

from .classify import classify, is_list_mail
from .facts import Facts, gather_facts
from .limits import MOST_TEXT
from .own_words import OwnWords, own_words
from .parse import Mail, bare_mail, parse
from .traces import Traces, traces_of

_WHOLE = ("message", "letter")


class Reading(msgspec.Struct, frozen=True):
    """What one mail says.

    kind: its class; rule: what decided it. is_list: it came through a list, which makes it list
    mail unless it answers a post. sender: an address; certain only where exactly one stands there
    and every reading agrees. words: of the text. question: whether it asks something.
    cut: what was left out, by name: size, headers, line, parts, nesting, text, html, lines. facts:
    of a letter.
    """

    kind: str
    rule: str
    is_list: bool = False
    sender: str | None = None
    sender_certain: bool = False
    text: str = ""
    signature: str = ""
    words: int = 0
    question: bool = False
    cut: tuple[str, ...] = ()
    traces: Traces = Traces()
    facts: Facts | None = None


class Request(msgspec.Struct, frozen=True):
    """A mail to read. form: a whole message, one that becomes a letter, or only the text or HTML
    of one.
    """

    raw: bytes
    form: str = "message"


class Setup(msgspec.Struct, frozen=True):
    """What all readings of a worker share. own: addresses of the writer, in lower case."""

    own: frozenset[str] = frozenset()
    key: bytes = b""


def read(request: Request, setup: Setup) -> Reading:
    """Read one mail in this process. Raises what hostile bytes can bring about: see ``worker``."""
    if request.form in _WHOLE:
        mail = parse(request.raw)
        if not mail.root.headers:
            return unreadable("no_headers")
    else:
        text = request.raw[: 4 * MOST_TEXT].decode("utf-8", "replace")
        mail = bare_mail(text, is_html=request.form == "html")
    words = own_words(mail.body)
    found = _reading(mail, words, setup)
    if request.form != "letter":
        return found
    is_copy = found.kind == "own" and not (
        found.traces.has_reply_prefix or (mail.parents and found.rule != "copy_of_an_issue")
    )
    facts = gather_facts(mail, words, setup.own, setup.key, is_own=is_copy)
    return msgspec.structs.replace(found, facts=facts)


def read_head(raw: bytes, own: frozenset[str]) -> Reading:
    """Read the headers of a mail in this process. Their bytes are bounded, and so is the time."""
    setup = Setup(own)
    mail = parse(raw)
    if not mail.root.headers:
        return unreadable("no_headers")
    return _reading(mail, OwnWords("", "", (), ()), setup)


def _reading(mail: Mail, words: OwnWords, setup: Setup) -> Reading:
    verdict = classify(mail, words, setup.own)
    cut = mail.cut | ({"lines"} if words.is_cut else set())
    return Reading(
        kind=verdict.name,
        rule=verdict.rule,
        is_list=is_list_mail(mail),
        sender=mail.sender.address if mail.sender else None,
        sender_certain=mail.sender_certain,
        text=words.text,
        signature=words.signature,
        words=count_words(words.text),
        question=asks(words.text),
        cut=tuple(sorted(cut)),
        traces=traces_of(mail, words, setup.key),
    )


def unreadable(rule: str) -> Reading:
    """The reading of a mail that brought its worker down, or that is none."""
    return Reading(kind="unreadable", rule=rule)


def count_words(text: str) -> int:
    """Words of a text. Scripts without blanks between words count one for two signs."""
    if text.isascii():
        return sum(any(sign.isalnum() for sign in token) for token in text.split())
    count = 0
    for token in text.split():
        together = sum(_has_no_blanks(sign) for sign in token)
        if together:
            count += (together + 1) // 2
        elif any(sign.isalnum() for sign in token):
            count += 1
    return count


def _has_no_blanks(sign: str) -> bool:
    return (
        "\u3040" <= sign <= "\u30ff" or "\u3400" <= sign <= "\u9fff" or "\u0e00" <= sign <= "\u0eff"
    )


def asks(text: str) -> bool:
    """Whether a question mark stands in the text, links aside."""
    if not any(mark in text for mark in _ASKING):
        return False
    return any(mark in token for token in text.split() if "://" not in token for mark in _ASKING)


_ASKING = ("?", "\uff1f", "\u061f", "\u037e")
