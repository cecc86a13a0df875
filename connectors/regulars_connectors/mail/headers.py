"""What headers say: encoded words, addresses, ids. Each function reads a value once."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from .charsets import decode
from .limits import MOST_ADDRESSES, MOST_ENCODED_WORDS, MOST_HEADER, MOST_IDS, MOST_NAME
from .lines import has_address

_LONGEST_DATE = 200


@dataclass(frozen=True, slots=True)
class Address:
    """name: what is shown, decoded; address: with its domain in lower case."""

    name: str
    address: str


def decode_words(value: str) -> str:
    """The text of a header: encoded words decoded, on one line, controls taken out."""
    pieces: list[str] = []
    at, left, was_encoded = 0, MOST_ENCODED_WORDS, False
    while left and (start := value.find("=?", at)) >= 0:
        word = _encoded_word(value, start)
        if word is None:
            pieces.append(value[at : start + 2])
            at, was_encoded = start + 2, False
            continue
        between = value[at:start]
        if not (was_encoded and not between.strip()):
            pieces.append(between)
        text, at = word
        pieces.append(text)
        was_encoded, left = True, left - 1
    pieces.append(value[at:])
    whole = "".join(pieces)
    if not whole.isprintable():
        whole = "".join(sign if sign.isprintable() else " " for sign in whole)
    return " ".join(whole.split())


def _encoded_word(value: str, start: int) -> tuple[str, int] | None:
    """The text of ``=?charset?way?text?=`` and where it ends; None where it is none."""
    first = value.find("?", start + 2, start + 80)
    if first < 0 or value[first + 2 : first + 3] != "?":
        return None
    end = value.find("?=", first + 3)
    if end < 0:
        return None
    charset = value[start + 2 : first].partition("*")[0]
    way, text = value[first + 1].lower(), value[first + 3 : end]
    raw = text.encode("latin-1", "replace")
    if way == "q":
        raw = binascii.a2b_qp(raw, header=True)
    elif way == "b":
        signs = raw.rstrip(b"=")
        try:
            raw = binascii.a2b_base64(signs + b"=" * (-len(signs) % 4))
        except binascii.Error:
            return None
    else:
        return None
    return decode(raw, charset), end + 2


def addresses(value: str) -> list[Address]:
    """The addresses of a header such as From or To, in order, at most 200."""
    found: list[Address] = []
    value = value[:MOST_HEADER]
    for piece in _plain_pieces(value) or _pieces(value):
        one = _address(piece)
        if one is not None:
            found.append(one)
        if len(found) >= MOST_ADDRESSES:
            break
    return found


def _plain_pieces(value: str) -> list[list[tuple[str, str]]] | None:
    """As ``_pieces``, quickly; None where there is more than names, angles and commas."""
    if any(sign in value for sign in '"(;'):
        return None
    found = []
    for one in value.split(","):
        name, opening, rest = one.partition("<")
        address, closing, after = rest.partition(">")
        if bool(opening) != bool(closing) or "<" in after:
            return None
        found.append([(name, "words"), (address, "angles"), (after, "words")])
    return found


def _pieces(value: str) -> list[list[tuple[str, str]]]:
    scanner = _Scanner()
    for sign in value:
        scanner.take(sign)
    return scanner.pieces


class _Scanner:
    """Cuts a header into addresses. Each sign has a place: words, quotes, comment or angles."""

    def __init__(self) -> None:
        self.pieces: list[list[tuple[str, str]]] = [[]]
        self.place = "words"
        self.depth = 0
        self.is_escaped = False
        self.has_angles = False

    def take(self, sign: str) -> None:
        if self.is_escaped:
            self.is_escaped = False
            self._keep(sign)
        elif self.place == "words":
            self._in_words(sign)
        elif self.place == "quotes":
            self._in_quotes(sign)
        elif self.place == "comment":
            self._in_comment(sign)
        elif sign == ">":
            self.place = "words"
        else:
            self._keep(sign)

    def _keep(self, sign: str) -> None:
        self.pieces[-1].append((sign, self.place))

    def _in_words(self, sign: str) -> None:
        if sign in _OPENING:
            if sign == "<" and self.has_angles:
                self._next()
            self.has_angles = self.has_angles or sign == "<"
            self.place = _OPENING[sign]
            self.depth = 1
        elif sign in ",;":
            self._next()
        else:
            self._keep(sign)

    def _next(self) -> None:
        self.pieces.append([])
        self.has_angles = False

    def _in_quotes(self, sign: str) -> None:
        if sign == "\\":
            self.is_escaped = True
        elif sign == '"':
            self.place = "words"
        else:
            self._keep(sign)

    def _in_comment(self, sign: str) -> None:
        self.depth += (sign == "(") - (sign == ")")
        if self.depth:
            self._keep(sign)
        else:
            self.place = "words"


_OPENING = {'"': "quotes", "(": "comment", "<": "angles"}


def _address(signs: list[tuple[str, str]]) -> Address | None:
    angled = "".join(sign for sign, place in signs if place == "angles").strip()
    words = "".join(sign for sign, place in signs if place in ("words", "quotes")).strip()
    comment = "".join(sign for sign, place in signs if place == "comment").strip()
    if angled:
        return _named(words or comment, angled)
    if ":" in words and "@" in words.rpartition(":")[2]:
        words = words.rpartition(":")[2].strip()  # the name of a group of addresses
    return _named(comment, words) if "@" in words and " " not in words else None


def _named(name: str, address: str) -> Address | None:
    local, at, domain = address.rpartition("@")
    domain = domain.strip().rstrip(".").lower()
    if not at or not local or not domain or len(address) > 320:
        return None
    return Address(decode_words(name)[:MOST_NAME], f"{local.strip()}@{domain}")


def sender_of(values: list[str]) -> tuple[Address | None, bool]:
    """Who a mail is from by its From headers, and whether that is certain.

    Unsure: several headers or addresses, a name that holds another address, and an address that
    a second, simpler reading does not find.
    """
    found = [one for value in values[:2] for one in addresses(value)]
    if not found:
        return None, False
    first = found[0]
    named = first.name.casefold()
    is_clear = not has_address(named) or named == first.address.casefold()
    again = _plain_reading(values[0])
    agrees = again.casefold() == first.address.casefold()
    return first, len(found) == 1 and len(values) == 1 and is_clear and agrees


def _plain_reading(value: str) -> str:
    """The address as the simplest programs find it: in the last angles, or alone."""
    if "<" in value:
        return value.rpartition("<")[2].partition(">")[0].strip().rstrip(".")
    return next((word.strip("<>;,") for word in value.split() if "@" in word), "")


def ids(*values: str | None) -> list[str]:
    """Every id in angle brackets, without them, its domain in lower case; each once."""
    found: dict[str, None] = {}
    for value in values:
        at = value.find("<") if value else -1
        while value and at >= 0 and len(found) < MOST_IDS:
            end = value.find(">", at)
            if end < 0:
                break
            inner = value.rfind("<", at, end)
            token = "".join(value[inner + 1 : end].split())
            if token:
                found[normal_id(token)] = None
            at = value.find("<", end)
    return list(found)


def normal_id(token: str) -> str:
    """An id of a mail without brackets, the part after its last @ in lower case."""
    local, at, domain = token.strip(" <>").rpartition("@")
    return f"{local}{at}{domain.lower()}"


def instant_of(value: str | None) -> datetime | None:
    """The instant of a Date header in UTC; None where it cannot be read."""
    if not value or len(value) > _LONGEST_DATE:
        return None
    try:
        fields = parsedate_tz(value)
        if fields is None:
            return None
        naive = datetime(*fields[:6])  # noqa: DTZ001 - the offset follows
        return naive.replace(tzinfo=UTC) - timedelta(seconds=fields[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
