"""Subscriptions as the beehiiv face shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.simulator import BeehiivApi, Request, SimulatedClock, World

KEY = {"Authorization": "Bearer any"}
EVERYTHING = (
    "subscriptions?expand[]=stats&expand[]=custom_fields&expand[]=tags&expand[]=referrals"
    "&expand[]=newsletter_lists&expand[]=subscription_premium_tiers"
)
SAMPLES = Path(__file__).parents[3] / "samples" / "beehiiv"
Ask = Callable[..., Any]
Walk = Callable[..., list[Any]]


def test_a_walk_shows_everybody_once_in_order_of_joining(walk: Walk, world: World) -> None:
    rows = walk(EVERYTHING)
    assert len({row["id"] for row in rows}) == len(rows) == world.at(world.ended_at).present
    assert [row["created"] for row in rows] == sorted(row["created"] for row in rows)


def test_a_descending_walk_is_the_same_backwards(walk: Walk) -> None:
    upwards = walk("subscriptions?direction=asc", limit=37)
    assert walk("subscriptions?direction=desc", limit=41) == upwards[::-1]


def test_rows_have_the_keys_of_the_samples(walk: Walk) -> None:
    sample: dict[str, Any] = {}
    for row in json.loads((SAMPLES / "subscriptions.json").read_text())["data"]:
        sample |= row
    keys = set().union(*(row.keys() for row in walk(EVERYTHING)))
    assert sample.keys() <= keys
    assert keys - sample.keys() == {"referrals", "x_unannounced"}


def test_ten_rows_come_unless_more_are_asked_for(ask: Ask) -> None:
    page = ask("subscriptions")
    assert (len(page["data"]), page["limit"], page["has_more"]) == (10, 10, True)
    assert len(ask("subscriptions?per_page=50")["data"]) == 10


def test_statistics_count_what_the_world_counts(walk: Walk, world: World) -> None:
    moment = world.at(world.ended_at)
    for row in walk(EVERYTHING):
        stats = row.get("stats")
        if stats is None:
            continue
        counts = moment.counts(world.by_id[row["id"]])
        shown = [stats[f"total_{n}"] for n in ("sent", "received", "unique_opened")]
        assert shown == [counts.sent, counts.received, counts.opened]
        assert stats["total_unique_clicked"] == counts.clicked <= stats["total_clicked"]
        if counts.opened:
            rate = 100 * counts.clicked / counts.opened
            assert stats["click_rate"] == pytest.approx(rate, abs=0.006)


def test_statistics_come_only_when_asked_for_and_not_for_everybody(walk: Walk) -> None:
    assert not any("stats" in row for row in walk("subscriptions"))
    rows = walk(EVERYTHING)
    assert all(row["stats"] is None for row in rows if row["status"] == "invalid")
    assert not any("stats" in row for row in rows if row["status"] == "pending")


@pytest.mark.parametrize("status", ["active", "inactive", "pending", "invalid"])
def test_a_status_filter_keeps_that_status_only(
    walk: Walk, ask: Ask, world: World, status: str
) -> None:
    rows = walk(f"subscriptions?status={status}")
    wanted = [p.id for p, now in world.at(world.ended_at).people() if now == status]
    assert [row["id"] for row in rows] == wanted
    assert ask(f"subscriptions?status={status}")["total_results"] == len(wanted)


def test_tier_email_and_day_filter(walk: Walk, world: World) -> None:
    person = world.people[30]
    assert all(row["subscription_tier"] == "premium" for row in walk("subscriptions?tier=premium"))
    [row] = walk(f"subscriptions?email={quote(person.email.upper())}")
    assert row["id"] == person.id
    days = {row["created"] // 86_400 for row in walk("subscriptions?creation_date=2025/03/04")}
    assert days <= {20_151}


def test_referrals_name_people_who_are_there(walk: Walk) -> None:
    rows = walk(EVERYTHING)
    ids = {row["id"] for row in rows}
    brought = [other["id"] for row in rows for other in row["referrals"]]
    assert brought
    assert set(brought) <= ids


def test_one_person_by_id_and_by_any_spelling_of_the_address(ask: Ask, world: World) -> None:
    person = next(p for p in world.people if "+" in p.email and p.statuses[-1] == "active")
    assert ask(f"subscriptions/{person.id}")["data"]["email"] == person.email
    for spelling in (person.email, person.email.upper()):
        found = ask(f"subscriptions/by_email/{quote(spelling, safe='')}")
        assert found["data"]["id"] == person.id


def test_invalid_deleted_unknown_and_later_people_are_not_found(
    ask: Ask, world: World, clock: SimulatedClock
) -> None:
    invalid = next(p for p in world.people if p.statuses == ["invalid"])
    ask(f"subscriptions/{invalid.id}", status=404)
    ask("subscriptions/sub_nobody", status=404)
    clock.set(world.started_at)
    ask(f"subscriptions/{world.people[-1].id}", status=404)


def test_earlier_fewer_people_are_there(ask: Ask, world: World, clock: SimulatedClock) -> None:
    clock.set(world.started_at + 100 * DAY)
    total = ask("subscriptions")["total_results"]
    assert 0 < total < len(world.people)
    clock.advance(100 * DAY)
    assert ask("subscriptions")["total_results"] > total


def test_somebody_who_joins_during_a_walk_comes_last(
    ask: Ask, world: World, clock: SimulatedClock
) -> None:
    person = world.people[200]
    clock.set(person.joined_s * SECOND - SECOND)
    first = ask("subscriptions?limit=100")
    clock.advance(SECOND)
    last = ask(f"subscriptions?limit=100&cursor={first['next_cursor']}")
    while last["has_more"]:
        last = ask(f"subscriptions?limit=100&cursor={last['next_cursor']}")
    assert last["data"][-1]["id"] == person.id


def test_numbered_pages_still_work_with_a_warning(
    api: BeehiivApi, target: Callable[[str], str], ask: Ask
) -> None:
    response = api(Request.from_target("GET", target("subscriptions?page=2&limit=50"), KEY))
    assert response.header("Deprecation") == "true"
    page = ask("subscriptions?page=2&limit=50")
    assert page["total_pages"] == -(-page["total_results"] // 50)
    assert page["data"] == ask("subscriptions?limit=100")["data"][50:]
    assert ask("subscriptions?page=101", status=400)["errors"][0]["code"] == "INVALID_PAGE"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "status=gone",
        "cursor=%21%21",
        "cursor=e30=",
        "cursor=W10=",
        "cursor=eyJhdCI6MTB9&page=2",
        "order_by=email",
        "creation_date=2025-03-04",
        "direction=sideways",
    ],
)
def test_a_wrong_parameter_is_a_400(ask: Ask, query: str) -> None:
    assert ask(f"subscriptions?{query}", status=400)["statusText"] == "bad_request"


@pytest.mark.parametrize(
    ("query", "expanded"),
    [
        ("expand[]=tags&expand[]=stats", {"tags", "stats"}),
        ("expand%5B%5D=%5B%22stats%22%5D", {"stats"}),
        ("expand=tags&expand=stats", {"stats"}),
        ("expand=%22tags%22&expand=%22stats%22", {"tags", "stats"}),
        ("expand[][0]=stats", set()),
    ],
)
def test_expansions_are_read_in_every_known_form(
    walk: Walk, query: str, expanded: set[str]
) -> None:
    rows = walk(f"subscriptions?status=active&{query}")
    assert set().union(*(row.keys() for row in rows)) & {"tags", "stats"} == expanded
