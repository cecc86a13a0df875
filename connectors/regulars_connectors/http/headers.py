"""Numbers and dates in a provider's headers. An odd one is set aside as if it had not come.

Providers and proxies write whatever they like there: ``1e400``, ``NaN``, a date of the year 9999.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

from ..instants import EARLIEST, LATEST, Instant, from_datetime

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"\d{1,10}(\.\d{1,9})?", re.ASCII)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_LONGEST_DATE = 64


def number(headers: Mapping[str, str], name: str) -> float | None:
    """A plain number from 0 to ten digits, None without one."""
    text = headers.get(name, "").strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    _set_aside(name, text)
    return None


def length(headers: Mapping[str, str]) -> int | None:
    """The Content-Length, None without a plain one."""
    text = headers.get("content-length", "").strip()
    if _LENGTH.fullmatch(text):
        return int(text)
    _set_aside("content-length", text)
    return None


def date(headers: Mapping[str, str], name: str = "date") -> Instant | None:
    """The instant of an HTTP date between 1990 and 2100, None without one."""
    text = headers.get(name, "")
    moment = http_date(text)
    if moment is None:
        _set_aside(name, text)
    return moment


def http_date(text: str | None) -> Instant | None:
    """The instant of the text of an HTTP date between 1990 and 2100, None for another text."""
    if not text or len(text) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(text)
        instant = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError, LookupError):
        return None
    return instant if EARLIEST <= instant < LATEST else None


def seconds_or_date(headers: Mapping[str, str], name: str) -> float | Instant | None:
    """A number as float or a date as instant (an int), None without either."""
    text = headers.get(name, "").strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    moment = http_date(text)
    if moment is None:
        _set_aside(name, text)
    return moment


def _set_aside(name: str, text: str) -> None:
    if text:
        _tell(name, hash(text))


@lru_cache(maxsize=64)
def _tell(name: str, _text: int) -> None:
    """Say once of each odd value that it was ignored, and leave it out: it may hold anything."""
    log.warning("header ignored name=%s: it is neither a plain number nor a date of our time", name)
