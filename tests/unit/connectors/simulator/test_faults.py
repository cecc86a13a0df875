"""Every fault does what its sentence says, and those that hit heal."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars_connectors.simulator import (
    FAULTS,
    BeehiivApi,
    Handler,
    Request,
    Response,
    with_faults,
)

KEY = {"Authorization": "Bearer any"}
WALK = "subscriptions?limit=100&expand[]=stats"
Target = Callable[[str], str]


@pytest.fixture
def pages(api: BeehiivApi, target: Target) -> Callable[..., list[Response]]:
    """The answers to the first ``count`` calls of a walk that always asks for its second page."""
    plain = msgspec.json.decode(api(Request.from_target("GET", target(WALK), KEY)).body)
    following = f"{WALK}&cursor={plain['next_cursor']}"

    def asked(name: str, count: int) -> list[Response]:
        faulty = with_faults(api, [name])
        paths = [WALK, *[following] * (count - 1)]
        return [faulty(Request.from_target("GET", target(path), KEY)) for path in paths]

    return asked


def decoded(response: Response) -> Any:
    assert response.status == 200
    return msgspec.json.decode(response.body)


def walked(api: Handler, target: Target, most: int = 20) -> tuple[list[Any], list[Any]]:
    """Rows and pages of one walk, of ``most`` pages at most."""
    rows: list[Any] = []
    pages: list[Any] = []
    token = ""
    while len(pages) < most:
        page = decoded(api(Request.from_target("GET", target(WALK + token), KEY)))
        about = page.get("pagination", page)
        rows += page["data"]
        pages.append(page)
        if not about["has_more"]:
            break
        token = f"&cursor={about['next_cursor']}"
    return rows, pages


def test_an_unknown_fault_is_refused(api: BeehiivApi) -> None:
    with pytest.raises(ValueError, match="no fault is called 'gremlins'"):
        with_faults(api, ["gremlins"])


@pytest.mark.parametrize("name", sorted(n for n, fault in FAULTS.items() if fault.lasts == "hits"))
def test_a_fault_that_hits_heals(api: BeehiivApi, target: Target, name: str) -> None:
    wrapped = with_faults(api, [name])
    for _ in range(8):
        wrapped(Request.from_target("GET", target(WALK), KEY))
    rows, _ = walked(wrapped, target)
    assert rows == walked(api, target)[0]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("html-answer", [200, 200, 200]),
        ("bad-gateway", [200, 502, 502, 200]),
        ("storm-429", [200, 429, 429, 429, 200]),
        ("storm-500", [200, 500, 500, 500, 200]),
        ("redirect", [200, 302, 200]),
        ("cursor-expires", [200, 200, 400, 200]),
    ],
)
def test_statuses_of_a_walk(
    pages: Callable[..., list[Response]], name: str, statuses: list[int]
) -> None:
    assert [page.status for page in pages(name, len(statuses))] == statuses


def test_an_html_answer_says_that_all_is_well(pages: Callable[..., list[Response]]) -> None:
    answer = pages("html-answer", 2)[1]
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert answer.body.startswith(b"<!doctype html>")


def test_a_torn_body_stops_in_the_middle(pages: Callable[..., list[Response]]) -> None:
    torn, whole = pages("torn-body", 3)[1:]
    assert torn.torn
    assert whole.body.startswith(torn.body)
    assert len(torn.body) < len(whole.body)


@pytest.mark.long
def test_bodies_too_large_or_too_deep(pages: Callable[..., list[Response]]) -> None:
    assert len(pages("oversized-body", 2)[1].body) > 40_000_000
    bomb = pages("gzip-bomb", 2)[1].body
    assert len(bomb) < 100_000
    assert len(gzip.decompress(bomb)) > 40_000_000
    assert pages("deep-body", 2)[1].body.count(b"[") == 100_000


def test_a_slow_page_waits(pages: Callable[..., list[Response]]) -> None:
    assert [page.delay_seconds for page in pages("slow", 3)] == [0, 3, 0]


def test_one_row_of_a_wrong_type(pages: Callable[..., list[Response]]) -> None:
    rows = decoded(pages("wrong-type-row", 1)[0])["data"]
    assert [row["created"] for row in rows].count("yesterday") == 1


def test_a_cursor_loop_comes_round(api: BeehiivApi, target: Target) -> None:
    _, pages = walked(with_faults(api, ["cursor-loop"]), target, most=6)
    cursors = [page["next_cursor"] for page in pages]
    assert len(pages) == 6
    assert len(set(cursors)) < len(cursors)


def test_an_empty_page_claims_more(pages: Callable[..., list[Response]]) -> None:
    empty = decoded(pages("empty-page-claims-more", 2)[1])
    assert (empty["data"], empty["has_more"]) == ([], True)


def test_a_row_comes_twice(api: BeehiivApi, target: Target) -> None:
    rows, _ = walked(with_faults(api, ["duplicate-row"]), target)
    ids = [row["id"] for row in rows]
    assert len(ids) - len(set(ids)) == 1


def test_a_list_shrinks_under_the_walk(api: BeehiivApi, target: Target) -> None:
    rows, pages = walked(with_faults(api, ["shrinking-list"]), target)
    totals = [page["total_results"] for page in pages]
    assert totals[0] - totals[1] == 3
    assert len(rows) == totals[0] - 2
    assert (
        api(Request.from_target("GET", target(f"subscriptions/{rows[0]['id']}"), KEY)).status == 404
    )


def test_counters_fall_on_the_second_walk(api: BeehiivApi, target: Target) -> None:
    wrapped = with_faults(api, ["counters-fall"])
    (before, _), (after, _) = walked(wrapped, target), walked(wrapped, target)
    fallen = [
        a["id"]
        for a, b in zip(before, after, strict=True)
        if a.get("stats") and b["stats"]["total_received"] < a["stats"]["total_received"]
    ]
    assert len(before) / 5 < len(fallen) < len(before) / 2


def test_documented_statistics(api: BeehiivApi, target: Target) -> None:
    rows, _ = walked(with_faults(api, ["documented-stats"]), target)
    shapes = {frozenset(row["stats"]) for row in rows if row.get("stats")}
    assert shapes == {frozenset({"emails_received", "open_rate", "click_through_rate"})}


def test_missing_and_zero_statistics(api: BeehiivApi, target: Target) -> None:
    usual = sum("stats" in row for row in walked(api, target)[0])
    missing = sum("stats" in row for row in walked(with_faults(api, ["missing-stats"]), target)[0])
    assert 0.8 * usual < missing < 0.97 * usual
    zero, _ = walked(with_faults(api, ["all-zero-stats"]), target)
    assert not any(any(row["stats"].values()) for row in zero if row.get("stats"))


def test_envelopes_without_total_and_nested(api: BeehiivApi, target: Target) -> None:
    rows, pages = walked(with_faults(api, ["no-total", "nested-envelope"]), target)
    assert len(rows) == api.context.moment().present
    assert all("next_cursor" not in page for page in pages)
    assert all("total_results" not in page["pagination"] for page in pages)


def test_refusals_and_odd_values(api: BeehiivApi, target: Target) -> None:
    def status(path: str) -> int:
        return with_faults(api)(Request.from_target("GET", target(path), KEY)).status

    with_faults(api, ["forbidden-polls", "boolean-stats", "plain-expand-only"])
    assert [status(path) for path in ("polls", "polls/x/responses", "posts")] == [403, 403, 200]
    publication = api(Request.from_target("GET", "/v2/publications?expand[]=stats", KEY))
    assert decoded(publication)["data"][0]["stats"]["average_click_rate"] is False
    quoted = api(Request.from_target("GET", target("posts?expand=%22stats%22"), KEY))
    assert not any("stats" in row for row in decoded(quoted)["data"])
    with_faults(api, ["refused-key"])
    assert status("posts") == 401
