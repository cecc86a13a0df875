"""Engagements, segments, lists and automations of the simulated beehiiv, against its world."""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import pytest

from regulars_connectors.instants import DAY, SECOND, from_iso, to_datetime
from regulars_connectors.simulator import (
    BeehiivApi,
    SimulatedClock,
    World,
    posts_csv,
    subscribers_csv,
    with_faults,
)

Ask = Callable[..., Any]


def numbered(ask: Ask, path: str) -> list[Any]:
    first = ask(f"{path}?limit=100")
    pages = [ask(f"{path}?limit=100&page={n}") for n in range(2, first["total_pages"] + 1)]
    rows = [row for page in (first, *pages) for row in page["data"]]
    assert len(rows) == first["total_results"]
    return rows


def segment_named(ask: Ask, name: str) -> Any:
    return next(row for row in numbered(ask, "segments") if row["name"] == name)


# --- engagements -----------------------------------------------------------------------------


def test_the_days_of_all_time_add_up_to_the_posts(
    ask: Ask, world: World, clock: SimulatedClock
) -> None:
    clock.set(world.ended_at + 10 * DAY)
    opened = clicked = 0
    day = world.started_at
    while day <= clock():
        start = to_datetime(day).date().isoformat()
        page = ask(f"engagements?start_date={start}&number_of_days=31&email_type=post")
        opened += sum(row["unique_opens"] for row in page["data"])
        clicked += sum(row["unique_verified_clicks"] for row in page["data"])
        day += 31 * DAY
    assert opened == sum(len(times) for times in world.totals.opens)
    assert clicked == sum(len(times) for times in world.totals.clicks)


def test_the_day_under_way_is_partial_and_quiet_days_are_left_out(
    ask: Ask, world: World, clock: SimulatedClock
) -> None:
    sent = world.posts[40].sent_at
    midnight = sent // DAY * DAY
    day = to_datetime(midnight).date().isoformat()
    clock.set(sent + 2 * 3_600 * SECOND)
    early = ask(f"engagements?start_date={day}&email_type=post")["data"]
    clock.set(midnight + 2 * DAY)
    late = ask(f"engagements?start_date={day}&email_type=post")["data"]
    assert 0 < early[0]["unique_opens"] < late[0]["unique_opens"]
    every = [at for times in world.totals.opens for at in times]
    assert late[0]["unique_opens"] == sum(midnight <= at * SECOND < midnight + DAY for at in every)
    before = to_datetime(world.started_at - 300 * DAY).date().isoformat()
    assert ask(f"engagements?start_date={before}&number_of_days=31")["data"] == []


def test_weeks_bear_their_monday_and_months_their_first(ask: Ask, world: World) -> None:
    start = to_datetime(world.posts[30].sent_at).date().replace(day=10).isoformat()
    weeks = ask(f"engagements?start_date={start}&number_of_days=31&granularity=week")["data"]
    months = ask(f"engagements?start_date={start}&number_of_days=31&granularity=month")["data"]
    assert {to_datetime(from_iso(row["date"])).weekday() for row in weeks} == {0}
    assert all(row["date"].endswith("-01") for row in months)
    assert sum(row["unique_opens"] for row in weeks) == sum(row["unique_opens"] for row in months)


@pytest.mark.parametrize("query", ["number_of_days=32", "start_date=01.02.2026", "granularity=era"])
def test_engagements_refuse_what_they_do_not_know(ask: Ask, query: str) -> None:
    ask(f"engagements?{query}", status=400)


# --- segments --------------------------------------------------------------------------------


@pytest.mark.parametrize("means", ["opened", "clicked"])
@pytest.mark.long
def test_a_segment_holds_exactly_those_who_did_it(ask: Ask, world: World, means: str) -> None:
    post = world.posts[95]
    segment = segment_named(ask, f"{means}: {post.slug}")
    at = segment["last_calculated"] * SECOND
    assert at % DAY == 7 * 3_600 * SECOND
    wanted = set()
    for person in world.people:
        deed = world.deed(person.id, post.id)
        done = deed.open_recorded_at if means == "opened" else deed.clicked_at
        if done is not None and done <= at and world.status(person, world.ended_at // SECOND):
            wanted.add(person.id)
    found = numbered(ask, f"segments/{segment['id']}/results")
    assert len(found) == segment["total_results"]
    assert set(found) == wanted
    members = numbered(ask, f"segments/{segment['id']}/members")
    assert [row["id"] for row in members] == found


def test_a_segment_is_worked_out_each_morning_until_it_falls_asleep(
    ask: Ask, world: World, clock: SimulatedClock
) -> None:
    post = world.posts[50]
    clock.set(post.sent_at + 60 * SECOND)
    young = segment_named(ask, f"opened: {post.slug}")
    assert (young["status"], young["last_calculated"], young["total_results"]) == (
        "pending",
        None,
        0,
    )
    clock.set(post.sent_at + 2 * DAY)
    awake = segment_named(ask, f"opened: {post.slug}")
    clock.set(post.sent_at + 200 * DAY)
    asleep = segment_named(ask, f"opened: {post.slug}")
    assert (awake["status"], awake["active"], asleep["active"]) == ("completed", True, False)
    assert 0 < awake["total_results"] <= asleep["total_results"]
    assert asleep["last_calculated"] * SECOND < post.sent_at + 91 * DAY


@pytest.mark.long
def test_segments_in_trouble(api: BeehiivApi, ask: Ask) -> None:
    statuses = {row["status"] for row in numbered(ask, "segments")[:3]}
    assert statuses == {"pending", "failed", "processing"}
    segment = numbered(ask, "segments")[-1]
    with_faults(api, ["segments-processing"])
    assert ask(f"segments/{segment['id']}")["data"]["status"] == "processing"
    with_faults(api, ["forbidden-segments"])
    ask("segments", status=403)
    ask("segments/seg_none", status=403)


# --- lists -----------------------------------------------------------------------------------


def test_who_stands_on_a_list_and_since_when(ask: Ask, walk: Ask, world: World) -> None:
    tides = ask("newsletter_lists")["data"][0]
    rows = walk(f"newsletter_lists/{tides['id']}/subscriptions")
    present = {person.id: person for person, _ in world.at(world.ended_at).people()}
    on_it = {one for one, person in present.items() if int(person.key[1:]) % 4 == 0}
    assert {row["subscription_id"] for row in rows} == on_it
    for row in rows:
        person = present[row["subscription_id"]]
        assert row["subscribed_at"] == person.joined_s
        assert (row["unsubscribed_at"] is None) == (row["status"] == "active")
        if person.left_s:
            assert row["unsubscribed_at"] <= person.left_s[0]
    assert tides["subscriber_count"] == sum(row["status"] == "active" for row in rows)
    one = ask(f"newsletter_lists/{tides['id']}/subscriptions/{rows[3]['id']}")["data"]
    assert one == rows[3]


def test_without_the_beta_there_are_no_lists(api: BeehiivApi, ask: Ask) -> None:
    with_faults(api, ["no-lists"])
    ask("newsletter_lists", status=404)
    ask("newsletter_lists/nl_list_x/subscriptions", status=404)


# --- the rest --------------------------------------------------------------------------------


def test_everybody_who_signs_up_goes_through_the_welcome(ask: Ask, world: World) -> None:
    (automation,) = ask("automations?expand[]=stats")["data"]
    journeys = numbered(ask, f"automations/{automation['id']}/journeys")
    assert automation["stats"]["journeys"]["total"] == len(journeys)
    people = [p for p, _ in world.at(world.ended_at).people() if p.channel.name != "import"]
    assert [row["subscription_id"] for row in journeys] == [person.id for person in people]
    assert ask(f"automations/{automation['id']}/emails")["has_more"] is False
    ask("automations/aut_none", status=404)


def test_the_export_tells_when_everybody_left(world: World) -> None:
    rows = list(csv.DictReader(io.StringIO(subscribers_csv(world, world.ended_at))))
    people = [person for person, _ in world.at(world.ended_at).people()]
    assert [row["email"].strip() for row in rows] == [person.email for person in people]
    left = [row for row in rows if row["unsubscribed_at"]]
    gone = [p for p in people if world.status(p, world.ended_at // SECOND) == "inactive"]
    assert len(left) == len(gone) > 20
    first = next(row for row in left if row["email"].strip() == gone[0].email)
    at = from_iso(first["unsubscribed_at"].removesuffix(" UTC"))
    assert at // SECOND == gone[0].left_s[-1]
    posts = list(csv.DictReader(io.StringIO(posts_csv(world, world.ended_at))))
    assert len(posts) == len(world.at(world.ended_at).posts)
    assert bisect_left([post.sent_at for post in world.posts], world.ended_at) <= len(posts)
