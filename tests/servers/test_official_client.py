"""The provider's own client, as npm gives it, works against the simulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.node_scripts import find_node, run_node

from regulars_connectors.instants import SECOND
from regulars_connectors.simulator import (
    BeehiivApi,
    Handler,
    Request,
    Response,
    SimulatedClock,
    World,
    serving,
    with_faults,
)

pytestmark = pytest.mark.servers

Ask = Callable[..., Any]

# Every read call that the client shares with beehiiv's read catalogue, and what its answer must
# hold at the top of `data` (of its first row, where it is a list). All of them pass.
READS = {
    "publications.index": {"id", "name", "created"},
    "publications.show": {"id", "stats"},
    "posts.index": {"id", "title", "publish_date"},
    "posts.show": {"id", "title", "web_url"},
    "posts.aggregateStats": {"stats"},
    "postTemplates.index": {"id", "name"},
    "subscriptions.index": {"id", "email", "status"},
    "subscriptions.getById": {"id", "email", "status"},
    "subscriptions.getByEmail": {"id", "email", "status"},
    "segments.index": {"id", "type", "last_calculated", "total_results", "status", "active"},
    "segments.show": {"id", "status", "stats"},
    "segments.expandResults": None,
    "segments.listMembers": {"id", "email", "stats"},
    "automations.index": {"id", "status", "trigger_events"},
    "automations.show": {"id", "status"},
    "automationJourneys.index": {"id", "automation_id", "subscription_id", "completed_at"},
    "automationJourneys.show": {"id", "status", "started_at"},
    "bulkSubscriptionUpdates.index": {"id", "type", "status"},
    "bulkSubscriptionUpdates.show": {"id", "type", "status"},
    "customFields.index": {"id", "kind", "display"},
    "customFields.show": {"id", "kind", "display"},
    "emailBlasts.index": {"id"},
    "emailBlasts.show": {"id"},
    "referralProgram.show": {"id", "num_referrals", "reward"},
    "tiers.index": {"id", "name", "status"},
    "tiers.show": {"id", "name", "status"},
    "webhooks.index": {"id", "url", "event_types"},
    "webhooks.show": {"id", "url", "event_types"},
    "workspaces.identify": {"id", "name", "owner_email"},
}  # fmt: skip
# Calls that the client has beside these: those that write, and two that beehiiv took away again.
WRITES = (
    "create", "put", "patch", "update", "delete", "putStatus", "patchStatus", "updateByEmail",
    "recalculate", "test",
)  # fmt: skip
GONE = {"subscriptions.getBySubscriberId", "subscriptions.getJwtToken"}


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the client installed; a missing part is a failure, never a skip."""
    return find_node("@beehiiv/sdk")


@pytest.fixture(scope="module")
def world() -> World:
    return World.of_size(11, 730)


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    api = with_faults(BeehiivApi(world, SimulatedClock(world.ended_at)))
    with serving(api) as address:
        yield address


def asked(node: str, url: str, world: World, question: str, argument: str = "") -> Any:
    where = (f"{url}/v2", world.publication_id)
    return run_node(node, "official-client.cjs", *where, question, argument)


@pytest.fixture
def ask(node: str, url: str, world: World) -> Ask:
    return lambda question, argument="": asked(node, url, world, question, argument)


@pytest.fixture(scope="module")
def every(node: str, url: str, world: World) -> Any:
    """The answers to all read calls, in one process, and the methods that the client has."""
    opened = some_segment(world, "opened", 60)
    return asked(node, url, world, "every", opened)


def some_segment(world: World, means: str, number: int) -> str:
    api = BeehiivApi(world, SimulatedClock(world.ended_at))
    wanted = f"{means}: {world.posts[number].slug}"
    for page in range(1, 10):
        target = f"/v2/publications/{world.publication_id}/segments?limit=100&page={page}"
        response = api(Request.from_target("GET", target, {"Authorization": "Bearer any"}))
        for row in json.loads(response.body)["data"]:
            if row["name"] == wanted:
                return str(row["id"])
    raise AssertionError(f"no segment is called {wanted}")


@pytest.mark.parametrize("call", READS)
def test_every_read_call_that_the_catalogue_shares_passes(every: Any, call: str) -> None:
    answer = every["answers"][call]
    assert "answered" in answer, answer
    data = answer["answered"]["data"]
    row = data[0] if isinstance(data, list) else data
    keys = READS[call]
    assert isinstance(row, str) if keys is None else keys <= row.keys()


def test_no_read_call_of_the_client_is_forgotten(every: Any) -> None:
    methods = set(every["methods"])
    assert len(methods) > 40
    assert {name for name in methods if name.partition(".")[2] not in WRITES} - GONE == set(READS)
    assert set(every["answers"]) == set(READS)


def test_it_reads_who_opened_a_post(every: Any, world: World) -> None:
    page = every["answers"]["segments.expandResults"]["answered"]
    post, at = world.posts[60], world.ended_at
    opened = [
        person.id
        for person in world.people
        if (world.deed(person.id, post.id).open_recorded_at or at) < at
        and world.status(person, at // SECOND) is not None
    ]
    assert page["total_results"] == len(opened)
    assert set(page["data"]) <= set(opened)


def test_it_lists_publications_with_its_quoted_expand(ask: Ask, world: World) -> None:
    [publication] = ask("publications")["data"]
    assert publication["id"] == world.publication_id
    assert publication["stats"]["active_subscriptions"] > 0


def test_it_lists_subscriptions_with_every_expansion(ask: Ask) -> None:
    answer = ask("list")
    assert len(answer["data"]) == 5
    assert answer["has_more"] is True
    for row in answer["data"]:
        assert {"custom_fields", "tags", "referrals"} <= row.keys()


def test_it_walks_the_cursor_to_the_end(ask: Ask) -> None:
    walk = ask("walk")
    assert walk["pages"] == 8
    assert len(walk["emails"]) == len(set(walk["emails"])) == 730
    assert set(walk["totals"]) == {730}
    assert walk["withStats"] > 650


def test_it_finds_a_subscription_by_id(ask: Ask, world: World) -> None:
    person = next(p for p in world.people if p.statuses == ["validating", "active"])
    row = ask("byId", person.id)["data"]
    assert (row["id"], row["email"]) == (person.id, person.email)
    assert row["stats"]["total_received"] == len(person.sends)


@pytest.mark.parametrize("part", ["+letters@", "Möwe.", "ångbåt."])
def test_it_finds_a_subscription_by_an_awkward_address(ask: Ask, world: World, part: str) -> None:
    person = next(p for p in world.people if part in p.email and "invalid" not in p.statuses)
    assert ask("byEmail", person.email)["data"]["id"] == person.id
    assert ask("byEmail", person.email.upper())["data"]["id"] == person.id


def test_it_lists_posts_with_statistics(ask: Ask, world: World) -> None:
    answer = ask("posts")
    assert answer["total_results"] == 106
    sent = [post for post in answer["data"] if post["platform"] != "web"]
    assert any(post["stats"]["email"]["unique_opens"] > 20 for post in sent)
    post = ask("post", world.posts[50].id)["data"]
    assert post["stats"]["email"]["delivered"] > 0


def test_an_unknown_subscription_is_its_typed_error(ask: Ask) -> None:
    error = ask("missing", "sub_00000000-0000-4000-8000-000000000000")
    assert (error["kind"], error["typed"], error["status"]) == ("NotFoundError", True, 404)
    assert error["body"]["errors"][0]["code"] == "NOT_FOUND"


def test_an_invalid_subscription_is_not_found(ask: Ask, world: World) -> None:
    person = next(p for p in world.people if p.statuses == ["invalid"])
    assert ask("missing", person.id)["status"] == 404


@pytest.mark.parametrize("refused_before", [1, 2], ids=["no Retry-After", "Retry-After"])
def test_it_waits_out_the_quota(node: str, world: World, refused_before: int) -> None:
    """The bucket refills by a clock that each refused call moves on by a second."""
    clock = SimulatedClock(world.ended_at)
    api = with_faults(BeehiivApi(world, clock), quota=60, tick=clock)
    _drain(api, 60 + refused_before)
    statuses: list[int] = []

    def counted(request: Request) -> Response:
        response = api(request)
        statuses.append(response.status)
        clock.advance(SECOND if response.status == 429 else 0)
        return response

    with serving(counted) as url:
        assert len(asked(node, url, world, "retried")["data"]) == 1
    assert statuses == [429, 200]


def test_without_retries_the_quota_is_its_typed_error(node: str, world: World) -> None:
    clock = SimulatedClock(world.ended_at)
    api = with_faults(BeehiivApi(world, clock), quota=3, tick=clock)
    _drain(api, 3)
    with serving(api) as url:
        error = asked(node, url, world, "refused")
    assert (error["kind"], error["typed"], error["status"]) == ("TooManyRequestsError", True, 429)
    assert error["body"]["status"] == 429


def _drain(api: Handler, calls: int) -> None:
    for _ in range(calls):
        api(Request.from_target("GET", "/v2/publications", {"Authorization": "Bearer any"}))
