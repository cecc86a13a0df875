"""Which mail of easy-ham-1 answers which, worked out with the standard library alone."""

from __future__ import annotations

import email
from dataclasses import dataclass
from email.message import Message

# What lists add, so that only what people wrote decides.
_OF_LISTS = frozenset({"x-mailing-list", "x-beenthere", "mailing-list", "precedence", "x-loop"})
_PREFIXES = ("re:", "re[", "re :", "aw:", "fw:", "fwd:", "sv:")


@dataclass(frozen=True)
class Threads:
    """Places in the list of mails. start_of: of an answer, the mail that its chain ends at."""

    answers: list[int]
    start_of: dict[int, int]
    direct: list[int]


def without_list_headers(raw: bytes) -> bytes:
    head, gap, body = raw.partition(b"\n\n")
    kept: list[bytes] = []
    is_dropped = False
    for line in head.split(b"\n"):
        if not line[:1].isspace():
            name = line.partition(b":")[0].decode("latin-1").lower()
            is_dropped = name in _OF_LISTS or name.startswith("list-")
        if not is_dropped:
            kept.append(line)
    return b"\n".join(kept) + gap + body


def threads(raws: list[bytes]) -> Threads:
    """Chains of ids: the last of References that is here, or of In-Reply-To where there is none."""
    mails = [email.message_from_bytes(raw) for raw in raws]
    places: dict[str, int] = {}
    for at, mail in enumerate(mails):
        for one in _ids(mail, "Message-ID")[:1]:
            places.setdefault(one, at)
    above = [_above(mail, at, places) for at, mail in enumerate(mails)]
    answers = [at for at, mail in enumerate(mails) if _has_parents(mail)]
    start_of = {at: start for at in answers if (start := _start(at, above)) != at}
    start_of = {at: one for at, one in start_of.items() if _is_start(mails[one])}
    direct = [at for at, start in start_of.items() if above[at] == start]
    return Threads(answers, start_of, direct)


def _above(mail: Message, at: int, places: dict[str, int]) -> int | None:
    named = _ids(mail, "References") or _ids(mail, "In-Reply-To")
    found = [places[one] for one in reversed(named) if places.get(one, at) != at]
    return found[0] if found else None


def _start(at: int, above: list[int | None]) -> int:
    seen: set[int] = set()
    while (parent := above[at]) is not None and at not in seen:
        seen.add(at)
        at = parent
    return at


def _has_parents(mail: Message) -> bool:
    return bool(mail["In-Reply-To"] or mail["References"])


def _is_start(mail: Message) -> bool:
    subject = " ".join(str(mail["Subject"] or "").split()).lower()
    while subject.startswith("[") and "]" in subject:
        subject = subject.partition("]")[2].strip()
    return not _has_parents(mail) and not subject.startswith(_PREFIXES)


def _ids(mail: Message, name: str) -> list[str]:
    rest, found = str(mail[name] or ""), []
    while "<" in rest:
        inner, _, rest = rest.partition("<")[2].partition(">")
        local, _, domain = "".join(inner.split()).rpartition("@")
        found.append(f"{local}@{domain.lower()}")
    return found
