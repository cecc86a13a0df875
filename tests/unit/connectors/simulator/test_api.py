"""Routing, the key, the publication, posts and polls of the beehiiv face."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.simulator import BeehiivApi, Request, SimulatedClock, World

KEY = {"Authorization": "Bearer any"}
SAMPLES = Path(__file__).parents[3] / "samples" / "beehiiv"
Ask = Callable[..., Any]
Walk = Callable[..., list[Any]]


def sample_keys(name: str) -> set[str]:
    return set().union(*(row.keys() for row in json.loads((SAMPLES / name).read_text())["data"]))


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer "}]
)
def test_routing_comes_before_the_key(api: BeehiivApi, headers: dict[str, str]) -> None:
    known = api(Request.from_target("GET", "/v2/publications", headers))
    unknown = api(Request.from_target("GET", "/v2/surveys", headers))
    assert (known.status, unknown.status) == (401, 404)
    assert msgspec.json.decode(known.body)["statusText"] == "unauthorized"


def test_nothing_can_be_written(api: BeehiivApi, target: Callable[[str], str]) -> None:
    assert api(Request.from_target("POST", target("subscriptions"), KEY)).status == 405


def test_another_publication_is_not_found(api: BeehiivApi) -> None:
    for path in ("", "/posts", "/subscriptions", "/polls"):
        assert api(Request.from_target("GET", f"/v2/publications/pub_x{path}", KEY)).status == 404


def test_the_publication_and_its_statistics(api: BeehiivApi, world: World) -> None:
    response = api(Request.from_target("GET", "/v2/publications?expand[]=stats", KEY))
    page = msgspec.json.decode(response.body)
    [row] = page["data"]
    active = sum(status == "active" for _, status in world.at(world.ended_at).people())
    assert row["id"] == world.publication_id
    assert row["stats"]["active_subscriptions"] == active
    assert row.keys() >= sample_keys("publications.json") - {"stats"}
    one = api(Request.from_target("GET", f"/v2/publications/{row['id']}?expand[]=stats", KEY))
    assert msgspec.json.decode(one.body)["data"] == row


@pytest.mark.parametrize(
    "path", ["workspaces/identify", "workspaces/permissions", "users/identify"]
)
def test_a_connection_can_be_tried(api: BeehiivApi, path: str) -> None:
    assert api(Request.from_target("GET", f"/v2/{path}", KEY)).status == 200


def test_gated_and_empty_endpoints(ask: Ask) -> None:
    ask("exports/subscriptions", status=403)
    assert ask("condition_sets")["has_more"] is False
    assert [field["display"] for field in ask("custom_fields")["data"]][:1] == ["First Name"]


# --- posts -----------------------------------------------------------------------------------


def test_posts_come_by_numbered_pages_with_the_keys_of_the_samples(ask: Ask) -> None:
    first = ask("posts?limit=100&expand[]=stats")
    second = ask("posts?limit=100&page=2&expand[]=stats")
    assert (first["total_results"], first["total_pages"]) == (107, 2)
    rows = first["data"] + second["data"]
    assert len({row["id"] for row in rows}) == 107
    assert set().union(*(row.keys() for row in rows)) == sample_keys("posts.json") | {
        "x_unannounced",
        "newsletter_list_id",
        "recipient_count",
    }


def test_a_draft_a_planned_post_and_a_page_on_the_web(ask: Ask, world: World) -> None:
    rows = {row["slug"]: row for row in ask("posts?limit=100&direction=asc&expand[]=stats")["data"]}
    assert rows["untitled-1"]["publish_date"] is None
    assert "stats" not in rows["untitled-1"]
    assert rows["anniversary"]["status"] == "confirmed"
    assert rows["anniversary"]["publish_date"] * SECOND > world.ended_at
    assert rows["anniversary"]["stats"]["email"]["delivered"] == 0
    assert rows["about"]["platform"] == "web"
    assert "email" not in rows["about"]["stats"]


def test_the_next_letter_is_planned_two_days_ahead(
    ask: Ask, world: World, clock: SimulatedClock
) -> None:
    post = world.posts[40]
    clock.set(post.sent_at - DAY)
    row = ask(f"posts/{post.id}?expand[]=stats")["data"]
    assert (row["status"], row["stats"]["email"]["recipients"]) == ("confirmed", 0)
    clock.set(post.sent_at - 4 * DAY)
    ask(f"posts/{post.id}", status=404)


def test_a_posts_opens_are_the_sum_over_its_readers(ask: Ask, world: World) -> None:
    post = world.posts[70]
    deeds = [world.deed(person.id, post.id) for person in world.people]
    email = ask(f"posts/{post.id}?expand=stats")["data"]["stats"]["email"]
    assert email["delivered"] == sum(deed.was_sent for deed in deeds)
    assert email["unique_opens"] == sum(deed.open_recorded_at is not None for deed in deeds)
    assert email["unique_verified_clicks"] == sum(deed.clicked_at is not None for deed in deeds)
    assert email["unique_clicks"] > email["unique_verified_clicks"]


def test_posts_filter_and_order(ask: Ask, world: World) -> None:
    assert {row["status"] for row in ask("posts?status=draft")["data"]} == {"draft"}
    assert {row["platform"] for row in ask("posts?platform=web")["data"]} == {"web"}
    dates = [
        row["publish_date"] for row in ask("posts?order_by=publish_date&direction=desc")["data"]
    ]
    assert dates == sorted(dates, reverse=True)
    assert [row["slug"] for row in ask("posts?slugs[]=letter-3")["data"]] == ["letter-3"]
    assert ask("posts?content_tags[]=weekly")["total_results"] == 104
    text = ask(f"posts/{world.posts[0].id}?expand[]=free_web_content")["data"]["content"]
    assert "Invented" in text["free"]["web"]


def test_aggregate_statistics_add_up(ask: Ask, world: World) -> None:
    moment = world.at(world.ended_at)
    email = ask("posts/aggregate_stats")["data"]["stats"]["email"]
    assert email["delivered"] == sum(moment.post_counts(post).delivered for post in world.posts)


# --- polls -----------------------------------------------------------------------------------


def test_polls_have_the_keys_of_the_samples(ask: Ask) -> None:
    rows = ask("polls?expand[]=stats&expand[]=poll_responses&expand[]=trivia_answer")["data"]
    assert sample_keys("polls.json") <= set().union(*(row.keys() for row in rows))
    assert {row["status"] for row in rows} == {"published", "draft"}
    assert all(len(row["poll_responses"]) <= 10 for row in rows)
    for row in rows:
        assert sum(row["stats"]["vote_counts"].values()) == row["total_responses"]


def test_responses_name_their_person_and_their_post(walk: Walk, ask: Ask, world: World) -> None:
    poll = world.schedule.polls[0]
    rows = walk(f"polls/{poll.id}/responses?expand[]=post", limit=20)
    assert rows[0].keys() == sample_keys("poll_responses.json")
    assert len(rows) == ask(f"polls/{poll.id}")["data"]["total_responses"]
    assert len({row["post_id"] for row in rows}) > 3
    assert {row["poll_choice_label"] for row in rows} <= {label for _, label in poll.choices}
    backwards = walk(f"polls/{poll.id}/responses?expand[]=post&direction=desc")
    assert backwards == rows[::-1]
    post_id = rows[0]["post_id"]
    assert {
        row["post_id"] for row in walk(f"polls/{poll.id}/responses?expand[]=post&post_id={post_id}")
    } == {post_id}


def test_without_the_expansion_a_response_has_no_post(walk: Walk, world: World) -> None:
    rows = walk(f"polls/{world.schedule.polls[0].id}/responses")
    assert not any("post_id" in row for row in rows)


def test_of_deleted_people_only_the_choice_remains() -> None:
    world = World(4, subscribers=3_000, spike=False)
    api = BeehiivApi(world, lambda: world.ended_at)
    path = f"/v2/publications/{world.publication_id}/polls/{world.schedule.polls[0].id}/responses"
    gone: list[dict[str, Any]] = []
    for page in range(1, 20):
        request = Request.from_target("GET", f"{path}?expand[]=post&limit=100&page={page}", KEY)
        rows = msgspec.json.decode(api(request).body)["data"]
        gone += [row for row in rows if row["subscription_deleted"]]
    assert gone
    assert all(row["subscription_id"] is None and row["post_id"] is None for row in gone)
    assert all(row["poll_choice_label"] for row in gone)


def test_answers_come_in_their_time(ask: Ask, world: World, clock: SimulatedClock) -> None:
    poll = world.schedule.polls[0].id
    totals = []
    for week in (2, 30, 60, 104):
        clock.set(world.started_at + week * 7 * DAY)
        totals.append(ask(f"polls/{poll}")["data"]["total_responses"])
    assert totals == sorted(set(totals))
    assert totals[0] == 0


def test_an_unknown_poll_is_not_found(ask: Ask) -> None:
    ask("polls/poll_x", status=404)
    ask("polls/poll_x/responses", status=404)
