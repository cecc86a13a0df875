"""Which publications a beehiiv key opens, asked of the simulated organisation over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from regulars_connectors import (
    AuthenticationFailed,
    AvailablePublication,
    ConfigurationError,
    InvalidResponse,
    Runtime,
    Unreachable,
)
from regulars_connectors.beehiiv import BeehiivConnector
from regulars_connectors.contract import SupportsDiscovery
from regulars_connectors.simulator import (
    BeehiivApi,
    Organisation,
    Quirks,
    Response,
    SimulatedClock,
    World,
    make_organisation,
    serving,
    under_quota,
    with_faults,
)

KEY = "canary-key-0123456789"


def runtime(clock: SimulatedClock) -> Runtime:
    return Runtime(clock=clock, sleep=lambda _: None, unpaced=True)


@contextmanager
def organisation(publications: int, people: int = 30) -> Iterator[tuple[str, list[BeehiivApi]]]:
    clock = SimulatedClock(World.of_size(1, 1).ended_at)
    apis = make_organisation(7, publications, people, clock)
    with serving(under_quota(Organisation(apis), None, clock)) as url:
        yield f"{url}/v2", apis


def discover(url: str, key: str = KEY) -> list[AvailablePublication]:
    options = {"api_key": key, "base_url": url}
    return list(BeehiivConnector.discover(options, runtime(SimulatedClock(0))))


def test_the_class_satisfies_the_contract() -> None:
    assert isinstance(BeehiivConnector, SupportsDiscovery)
    assert BeehiivConnector.asked == ("api_key",)


def test_every_publication_of_the_key_comes_with_its_number_of_people() -> None:
    with organisation(3) as (url, apis):
        found = discover(url)
        assert [one.id for one in found] == [f.context.world.publication_id for f in apis]
        assert [one.title for one in found] == [api.name for api in apis]
        for one, api in zip(found, apis, strict=True):
            assert one.options == {"publication_id": one.id}
            active = sum(status == "active" for _, status in api.context.moment().people())
            assert one.subscriptions == active


@pytest.mark.long
def test_more_publications_than_a_page_holds_all_come() -> None:
    with organisation(103, people=1) as (url, _):
        found = discover(url)
        assert len({one.id for one in found}) == len(found) == 103


def test_a_refused_key_is_said() -> None:
    clock = SimulatedClock(World.of_size(1, 1).ended_at)
    apis = [BeehiivApi(World.of_size(7, 3), clock, Quirks(key_works=False))]
    with serving(Organisation(apis)) as url, pytest.raises(AuthenticationFailed):
        discover(f"{url}/v2")


@pytest.mark.parametrize("key", ["", "two words", "line\nend"])
def test_a_key_that_cannot_be_one_is_said_before_anything_is_sent(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        discover("http://127.0.0.1:9/v2", key)
    assert "api_key" in caught.value.happened
    assert not key or key not in caught.value.happened


def test_a_list_of_another_shape_is_a_bad_answer() -> None:
    def api(_: object) -> Response:
        return Response(200, b'{"data":[{"id":7}]}', (("Content-Type", "application/json"),))

    with serving(api) as url, pytest.raises(InvalidResponse):
        discover(f"{url}/v2")


@pytest.mark.parametrize("fault", ["more-pages-than-rows", "no-total-pages"])
def test_the_list_of_publications_ends_by_what_came(fault: str) -> None:
    world = World.of_size(1, 1)
    api = BeehiivApi(world, SimulatedClock(world.ended_at))
    with serving(with_faults(api, [fault])) as url:
        assert [one.id for one in discover(f"{url}/v2")] == [world.publication_id]


def test_an_edge_that_refuses_is_told_from_a_key_that_does() -> None:
    world = World.of_size(1, 1)
    api = BeehiivApi(world, SimulatedClock(world.ended_at))
    with (
        serving(with_faults(api, ["challenge"])) as url,
        pytest.raises(Unreachable, match="something in front of beehiiv"),
    ):
        discover(f"{url}/v2")


def test_a_base_url_without_its_version_is_named_with_what_it_lacks() -> None:
    with organisation(1) as (url, _faces), pytest.raises(ConfigurationError) as caught:
        discover(url.removesuffix("/v2"))
    assert "/v2" in caught.value.to_do


def test_one_key_opens_each_publication_and_no_other() -> None:
    with organisation(2) as (url, apis):
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
            for api in apis:
                found = client.get(f"/publications/{api.context.world.publication_id}")
                assert found.json()["data"]["name"] == api.name
            unknown = "pub_00000000-0000-4000-8000-000000000000"
            assert client.get(f"/publications/{unknown}").status_code == 404
            by_name = client.get("/publications?order_by=name&direction=desc").json()["data"]
            assert [row["name"] for row in by_name] == sorted(
                (api.name for api in apis), reverse=True
            )
            assert client.get("/publications?order_by=size").status_code == 400
            assert client.get("/publications", headers={"Authorization": ""}).status_code == 401


def test_the_quota_counts_for_the_whole_organisation() -> None:
    clock = SimulatedClock(World.of_size(1, 1).ended_at)
    apis = make_organisation(7, 2, 3, clock)
    with serving(under_quota(Organisation(apis), 3, clock)) as url:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
            paths = [f"/v2/publications/{api.context.world.publication_id}" for api in apis]
            codes = [client.get(path).status_code for path in (paths * 2)]
    assert codes == [200, 200, 200, 429]
