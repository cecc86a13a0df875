"""Odd numbers and dates in headers are set aside. They break nothing and blame nobody."""

from __future__ import annotations

import logging
import random

import pytest
from support.http_client import GOOD, NOW, Provider, raw, status

from regulars_connectors import QuotaExceeded
from regulars_connectors.http.headers import date, http_date, length, number
from regulars_connectors.http.pacing import named_wait, quota_gate
from regulars_connectors.instants import from_iso

NUMBERS = [
    "1e400", "1e5", "NaN", "nan", "inf", "-Infinity", "-1", "-0.5", "+3", "0x10", "1_000", "1,5",
    "12345678901", "9" * 400, "٣", "²", "soon", "3 s", "3; 4", "\x00", "",
]  # fmt: skip
DATES = [
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 99 Foo 2026 25:61:61 GMT",
    "Mon, 01 Jan 2026 00:00:00 +99999999999",
    "1e400",
    "-0",
    "x" * 10_000,
]


@pytest.mark.parametrize("text", NUMBERS)
def test_an_odd_number_is_none(text: str) -> None:
    assert number({"retry-after": text}, "retry-after") is None
    assert length({"content-length": text}) in (None, 12345678901)


@pytest.mark.parametrize("text", DATES)
def test_an_odd_date_is_none(text: str) -> None:
    assert http_date(text) is None
    assert date({"date": text}) is None


def test_plain_ones_are_read() -> None:
    assert number({"a": " 1.5 "}, "a") == 1.5
    assert length({"content-length": "700"}) == 700
    assert http_date("Thu, 01 Oct 2026 12:00:00 GMT") == from_iso("2026-10-01T12:00:00Z")


@pytest.mark.parametrize("text", [*NUMBERS, *DATES])
@pytest.mark.parametrize("name", ["retry-after", "ratelimit-reset"])
def test_an_odd_wait_counts_as_none_named(name: str, text: str) -> None:
    """Then it backs off with jitter, as without a header."""
    encoded = text.encode().decode("latin-1").replace("\x00", "?")
    if name == "retry-after" and text.startswith("Thu, 01 Jan 1970"):
        return  # a past moment in another test
    assert named_wait({name: encoded}, NOW) is None


def test_a_wait_of_more_than_a_year_is_none_named() -> None:
    assert named_wait({"retry-after": "86400"}, NOW) == 86_400
    assert named_wait({"retry-after": "9999999999"}, NOW) is None


@pytest.mark.parametrize("text", [*NUMBERS, "none", "0.0"])
def test_an_odd_quota_holds_nobody_back(text: str) -> None:
    headers = {"ratelimit-remaining": text, "ratelimit-reset": "30"}
    assert quota_gate(headers, NOW) is None


@pytest.mark.parametrize("text", ["1e400", "NaN", "-1", "9" * 300, DATES[1]])
def test_a_provider_with_odd_headers_is_asked_on(text: str) -> None:
    odd = {"retry_after": text, "ratelimit_reset": text, "ratelimit_remaining": text, "date": text}
    assert Provider(status(429, **odd), status(503, **odd), GOOD).get() == {"ok": True}
    assert Provider(raw(b'{"ok":true}', **odd)).get() == {"ok": True}
    with pytest.raises(QuotaExceeded) as raised:
        Provider(status(429, **odd)).get()
    assert raised.value.after_seconds is None


@pytest.mark.parametrize("text", ["-1", "1e1", "+11", "11, 11", "abc"])
def test_an_odd_length_is_ignored(text: str) -> None:
    answer = raw(b'{"ok":true}', content_length=text)
    assert Provider(answer).get() == {"ok": True}


@pytest.mark.long
def test_any_text_is_read_or_set_aside(caplog: pytest.LogCaptureFixture) -> None:
    """Twenty thousand mutations of real values: never an error, and never a value in the log."""
    drawn = random.Random(10)
    seeds = ["Thu, 01 Oct 2026 12:00:00 GMT", "120", "1790000000", "Mon, 1 Jan 2026 1:2:3 -0500"]
    letters = "0123456789eE+-.:, GMTnaif\t\x7fü"
    with caplog.at_level(logging.WARNING):
        for _ in range(20_000):
            text = list(drawn.choice(seeds))
            for _ in range(drawn.randrange(1, 6)):
                text[drawn.randrange(len(text))] = drawn.choice(letters) * drawn.randrange(3)
            headers = dict.fromkeys(("retry-after", "ratelimit-reset", "date"), "".join(text))
            wait = named_wait(headers, NOW)
            assert wait is None or 0 <= wait <= 366 * 86_400
    assert "GMT" not in caplog.text
