"""The account's quota, told in headers on every response."""

from __future__ import annotations

from typing import Any

import pytest

from regulars_connectors.instants import SECOND
from regulars_connectors.simulator import (
    BeehiivApi,
    Handler,
    Request,
    Response,
    SimulatedClock,
    with_faults,
)

KEY = {"Authorization": "Bearer any"}
NAMES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def get(api: Handler, path: str = "/v2/publications", **headers: str) -> Response:
    return api(Request.from_target("GET", path, headers or KEY))


def test_every_response_tells_the_quota_even_refusals(api: BeehiivApi) -> None:
    wrapped = with_faults(api, quota=60)
    for response in (
        get(wrapped),
        get(wrapped, "/v2/nothing"),
        wrapped(Request.from_target("GET", "/v2/publications")),
    ):
        assert all(response.header(name) for name in NAMES)
    assert get(wrapped).header("RateLimit-Remaining") == "56"


def test_without_a_quota_nobody_is_ever_refused(api: BeehiivApi) -> None:
    wrapped = with_faults(api)
    answers = [get(wrapped) for _ in range(300)]
    assert {answer.status for answer in answers} == {200}
    assert answers[-1].header("RateLimit-Remaining") == answers[0].header("RateLimit-Limit")


def test_beyond_it_429_with_and_without_retry_after(api: BeehiivApi, clock: SimulatedClock) -> None:
    wrapped = with_faults(api, quota=3)
    assert [get(wrapped).status for _ in range(5)] == [200, 200, 200, 429, 429]
    first, second = get(wrapped), get(wrapped)
    assert {first.header("Retry-After"), second.header("Retry-After")} == {"20", None}
    assert first.header("RateLimit-Reset") == str(clock() // SECOND + 20)
    clock.advance(20 * SECOND)
    assert [get(wrapped).status for _ in range(2)] == [200, 429]


def test_the_bucket_never_holds_more_than_a_minute(api: BeehiivApi, clock: SimulatedClock) -> None:
    wrapped = with_faults(api, quota=2)
    clock.advance(3_600 * SECOND)
    assert [get(wrapped).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("quota", [0, -1])
def test_a_quota_below_one_is_refused(api: BeehiivApi, quota: Any) -> None:
    with pytest.raises(ValueError, match="at least one"):
        with_faults(api, quota=quota)
