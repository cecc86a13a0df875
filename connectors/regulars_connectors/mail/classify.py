"""Human or machine: the rules in their order, the first that fits decides.

List mail is judged last, once it is known whether the mail answers a post: a reader may reply
through the address of a group.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import Final

from . import machine_words
from .limits import MOST_HEADER
from .mime import Part
from .own_words import OwnWords
from .parse import Mail
from .subjects import fold, has_forward_prefix, has_reply_prefix

CLASSES: Final = (
    "human", "human_empty", "auto_reply", "bounce", "complaint", "read_receipt", "reaction",
    "calendar_response", "unsubscribe_request", "forward", "list_mail", "machine_other",
    "unreadable", "own",
)  # fmt: skip
# Whoever wrote one of these is a person.
OF_PEOPLE: Final = frozenset({"human", "human_empty", "forward", "unsubscribe_request"})
_LIST_HEADERS = ("list-id", "list-post", "x-beenthere", "mailing-list")
_AUTO_REPLY_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply",
    "x-auto-reply-from",
)  # fmt: skip
_NO = frozenset({"", "no", "false", "0"})
_BOUNCED = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPTS = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)
_EMOJI_REACTION = "text/vnd.google.email-reaction+json"
_SHORT = 120  # words of a mail that asks the sender to click before it is let through
_SHORT_WISH = 12


@dataclass(frozen=True, slots=True)
class Verdict:
    """A class and the rule that decided it."""

    name: str
    rule: str


def classify(mail: Mail, words: OwnWords, own_addresses: frozenset[str]) -> Verdict:
    """The class of a mail. own_addresses: the writer's and colleagues', in lower case."""
    machine = (
        _report(mail)
        or _reaction(mail)
        or _calendar(mail)
        or _bounce(mail)
        or _auto_submitted(mail)
        or _vendor_mark(mail)
        or _subject(mail)
        or _return_path(mail)
        or _local_part(mail)
        or _own(mail, own_addresses)
    )
    return machine or _of_a_person(mail, words, own_addresses)


def is_list_mail(mail: Mail) -> bool:
    return any(mail.has(name) for name in _LIST_HEADERS)


def _report(mail: Mail) -> Verdict | None:
    for part in mail.root.walk():
        kind = part.parameters.get("report-type", "").casefold()
        is_report = part.type == "multipart/report"
        if part.type == "message/feedback-report" or (is_report and kind == "feedback-report"):
            return Verdict("complaint", "feedback_report")
        if part.type in _BOUNCED or (is_report and kind == "delivery-status"):
            return Verdict("bounce", "delivery_status")
        if part.type in _RECEIPTS or (is_report and kind == "disposition-notification"):
            return Verdict("read_receipt", "disposition_notification")
    return None


def _reaction(mail: Mail) -> Verdict | None:
    for part in mail.root.walk():
        if part.type == _EMOJI_REACTION and part.disposition != "attachment":
            return Verdict("reaction", "email_reaction") if _is_reaction(part) else None
    return None


def _is_reaction(part: Part) -> bool:
    try:
        given = json.loads(part.decoded(MOST_HEADER))
    except (ValueError, RecursionError):
        return False
    if not isinstance(given, dict):
        return False
    version, emoji = given.get("version"), given.get("emoji")
    is_first = isinstance(version, int) and not isinstance(version, bool) and version == 1
    return is_first and isinstance(emoji, str) and is_one_emoji(emoji)


def is_one_emoji(text: str) -> bool:
    """Whether a text is one emoji: its parts are held together by joiners, or make a flag."""
    if not 0 < len(text) <= 16:
        return False
    flags = [sign for sign in text if "\U0001f1e6" <= sign <= "\U0001f1ff"]
    if flags:
        return len(flags) == len(text) == 2
    if text[0] in "0123456789#*":
        return text[1:] in ("\u20e3", "\ufe0f\u20e3")
    pictures, joiners = 0, 0
    for sign in text:
        if sign == "\u200d":
            joiners += 1
        elif (
            sign in "\ufe0e\ufe0f"
            or "\U000e0020" <= sign <= "\U000e007f"
            or ("\U0001f3fb" <= sign <= "\U0001f3ff" and pictures)
        ):
            continue
        elif unicodedata.category(sign) in ("So", "Sm", "Po", "Cn") and not sign.isascii():
            pictures += 1
        else:
            return False
    return pictures == joiners + 1


def _calendar(mail: Mail) -> Verdict | None:
    for part in mail.root.walk():
        if part.type not in ("text/calendar", "application/ics"):
            continue
        method = part.parameters.get("method", "").upper()
        if not method:
            lines = part.decoded(MOST_HEADER).upper().splitlines()
            found = [line for line in lines if line.startswith(b"METHOD:")]
            method = found[0][7:].strip().decode("ascii", "replace") if found else ""
        if method in ("REPLY", "COUNTER"):
            return Verdict("calendar_response", "calendar_method")
    return None


def _bounce(mail: Mail) -> Verdict | None:
    if mail.has("x-failed-recipients"):
        return Verdict("bounce", "failed_recipients")
    local = _local(mail)
    if local in machine_words.BOUNCE_LOCALS or local.startswith("mailer-daemon"):
        return Verdict("bounce", "sender_is_a_mail_system")
    if _starts(mail, machine_words.BOUNCE_STARTS):
        return Verdict("bounce", "subject_of_a_bounce")
    return None


def _auto_submitted(mail: Mail) -> Verdict | None:
    value = mail.root.first("auto-submitted")
    if value is None:
        return None
    keyword = value.partition(";")[0].partition("(")[0].strip().casefold()
    if keyword in ("no", ""):
        return None
    if keyword == "auto-replied" or mail.parents or _is_absence(mail):
        return Verdict("auto_reply", "auto_submitted")
    return Verdict("machine_other", "auto_submitted")


def _vendor_mark(mail: Mail) -> Verdict | None:
    first = {name: (mail.root.first(name) or "").strip().casefold() for name in _MARKS}
    named = any(
        (mail.root.first(name) or "").strip().casefold() not in _NO for name in _AUTO_REPLY_HEADERS
    )
    loops = mail.has("x-ms-exchange-inbox-rules-loop")
    empty_path = mail.has("return-path") and first["return-path"] in ("<>", "")
    if (
        named
        or first["x-apple-action"] == "vacation"
        or first["x-post-messageclass"].replace(" ", "") == "9;autoresponder"
        or first["x-fc-machinegenerated"] == "true"
        or first["x-autogenerated"] == "reply"
        or "autoresponder" in (one.strip().casefold() for one in mail.root.all("delivered-to"))
        or any(_keyword(first[name]) == "auto_reply" for name in _PRECEDENCE)
        or first["x-ms-exchange-generated-message-source"] == "mailbox rules agent"
        or (loops and (empty_path or mail.has("x-auto-response-suppress")))
    ):
        return Verdict("auto_reply", "vendor_mark")
    return None


_PRECEDENCE = ("precedence", "x-precedence", "preference")
_MARKS = (
    "x-apple-action", "x-post-messageclass", "x-fc-machinegenerated", "x-autogenerated",
    "x-ms-exchange-generated-message-source", "return-path", *_PRECEDENCE,
)  # fmt: skip


def _keyword(value: str) -> str:
    return value.replace("-", "_").strip()


def _subject(mail: Mail) -> Verdict | None:
    return Verdict("auto_reply", "subject_of_an_absence") if _is_absence(mail) else None


def _is_absence(mail: Mail) -> bool:
    if _starts(mail, machine_words.AUTO_REPLY_STARTS):
        return True
    subject = fold(mail.subject).rstrip(".! ")
    return subject.endswith(machine_words.AUTO_REPLY_ENDS) and not has_reply_prefix(mail.subject)


def _starts(mail: Mail, starts: tuple[str, ...]) -> bool:
    if not mail.subject or has_reply_prefix(mail.subject):
        return False
    subject = fold(mail.subject).lstrip("*!-[( \"'")
    return subject.startswith(_folded(starts))


_FOLDED_STARTS: dict[int, tuple[str, ...]] = {}


def _folded(starts: tuple[str, ...]) -> tuple[str, ...]:
    """Compared as subjects are: folding takes accents of some scripts away."""
    found = _FOLDED_STARTS.get(id(starts))
    if found is None:
        found = _FOLDED_STARTS[id(starts)] = tuple(fold(one) for one in starts)
    return found


def _return_path(mail: Mail) -> Verdict | None:
    path = mail.root.first("return-path")
    if path is not None and path.strip() == "<>":
        return Verdict("machine_other", "empty_return_path")
    return None


def _local_part(mail: Mail) -> Verdict | None:
    local = _local(mail).partition("+")[0]
    if local in machine_words.MACHINE_LOCALS or local.startswith(("noreply", "no-reply")):
        return Verdict("machine_other", "sender_takes_no_mail")
    if local in ("bounce", "bounces"):
        return Verdict("machine_other", "sender_takes_no_mail")
    return None


def _local(mail: Mail) -> str:
    return mail.sender.address.rpartition("@")[0].casefold() if mail.sender else ""


def _own(mail: Mail, own_addresses: frozenset[str]) -> Verdict | None:
    if mail.sender is not None and mail.sender.address.casefold() in own_addresses:
        return Verdict("own", "own_address")
    kind = (mail.root.first("x-beehiiv-type") or "").strip().casefold()
    is_substack = mail.has("list-post") and any(
        one.startswith("post-") and one.endswith("@substack.com") for one in mail.parents
    )
    if kind == "newsletter" or (is_substack and mail.has("list-unsubscribe")):
        return Verdict("own", "copy_of_an_issue")
    return None


def _of_a_person(mail: Mail, words: OwnWords, own_addresses: frozenset[str]) -> Verdict:
    own = words.text
    count = len(own.split())
    wish = fold(mail.subject).strip(" .!?,;:-\"'*")
    if wish_to_leave(own) or (
        wish in machine_words.UNSUBSCRIBE
        and count <= _SHORT_WISH
        and not has_reply_prefix(mail.subject)
    ):
        return Verdict("unsubscribe_request", "only_a_wish_to_leave")
    if (
        count <= _SHORT
        and _starts(mail, machine_words.CHALLENGE_STARTS)
        and ("http://" in mail.body or "https://" in mail.body or mail.links)
    ):
        return Verdict("machine_other", "asks_the_sender_to_confirm")
    is_reply = has_reply_prefix(mail.subject)
    if has_forward_prefix(mail.subject) or (words.is_forward and not is_reply):
        to_us = not own_addresses or any(one.casefold() in own_addresses for one in mail.recipients)
        if not own.strip() or not to_us:
            return Verdict("forward", "passed_on")
    if not own.strip() and not mail.has_attachment:
        return Verdict("human_empty", "no_words")
    return Verdict("human", "no_machine")


def wish_to_leave(own: str) -> bool:
    """Whether the whole text is a wish to leave."""
    if len(own) > 200:
        return False
    text = fold(own).replace("!", " ").replace(",", " ").replace(".", " ")
    return " ".join(text.split()).strip(" ?;:-\"'*") in machine_words.UNSUBSCRIBE
