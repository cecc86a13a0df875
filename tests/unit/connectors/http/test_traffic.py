"""What asking a provider costs is told to whoever lends ``note_traffic``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.http_client import GOOD, Provider, status

from regulars_connectors.errors import QuotaExceeded
from regulars_connectors.http import Pacer


def told(provider: Provider, pacer: Pacer | None = None) -> list[tuple[str, str, float]]:
    noted: list[tuple[str, str, float]] = []
    runtime = replace(provider.runtime(), note_traffic=lambda *what: noted.append(what))
    provider.get(runtime=runtime, pacer=pacer, provider="beehiiv")
    return noted


def test_a_good_answer_is_a_page() -> None:
    assert told(Provider(GOOD)) == [("beehiiv", "page", 1.0)]


def test_refusals_by_quota_retries_and_waits() -> None:
    provider = Provider(status(429, retry_after="7"), status(503, retry_after="3"), GOOD)
    assert told(provider) == [
        ("beehiiv", "over quota", 1.0),
        ("beehiiv", "retry", 1.0),
        ("beehiiv", "waited", 7.0),
        ("beehiiv", "retry", 1.0),
        ("beehiiv", "waited", 3.0),
        ("beehiiv", "page", 1.0),
    ]


def test_waits_for_a_turn() -> None:
    provider = Provider(GOOD)
    pacer = Pacer(60, monotonic=lambda: provider.clock.now)
    pacer.pause(5)
    assert told(provider, pacer) == [("beehiiv", "waited", 5.0), ("beehiiv", "page", 1.0)]


def test_what_fails_in_the_end_was_counted() -> None:
    noted: list[str] = []
    provider = Provider(status(429, retry_after="100000"))
    runtime = replace(provider.runtime(), note_traffic=lambda _, kind, __: noted.append(kind))
    with pytest.raises(QuotaExceeded):
        provider.get(runtime=runtime)
    assert noted == ["over quota"]
