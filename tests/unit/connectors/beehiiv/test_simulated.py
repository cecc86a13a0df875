"""The beehiiv connector against the simulated beehiiv, over a real socket, with its troubles."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regulars_connectors import (
    AuthenticationFailed,
    CursorExpired,
    CursorLoop,
    Day,
    FeatureUnavailable,
    InvalidResponse,
    ListStanding,
    NewsletterList,
    Page,
    Post,
    Publication,
    Question,
    Record,
    Runtime,
    Signal,
    Subscription,
    SyncState,
    Walk,
)
from regulars_connectors.beehiiv import BeehiivConnector, BeehiivSettings
from regulars_connectors.simulator import (
    BeehiivApi,
    SimulatedClock,
    World,
    serving,
    with_faults,
)

PEOPLE = 1_130


@pytest.fixture(scope="module")
def world() -> World:
    return World.of_size(7, PEOPLE)


@contextmanager
def connected(world: World, *faults: str) -> Iterator[BeehiivConnector]:
    clock = SimulatedClock(world.ended_at)
    with serving(with_faults(BeehiivApi(world, clock), faults)) as url:
        settings = BeehiivSettings(
            publication_id=world.publication_id, api_key="any-key", base_url=f"{url}/v2"
        )
        connector = BeehiivConnector(
            settings, Runtime(clock=clock, sleep=lambda _: None, unpaced=True)
        )
        try:
            yield connector
        finally:
            connector.close()


def walks_of(connector: BeehiivConnector, name: str) -> list[Walk]:
    (stream,) = (stream for stream in connector.streams() if stream.name == name)
    return list(connector.walks(stream, SyncState()))


def pages_of(connector: BeehiivConnector, name: str) -> list[Page]:
    return [page for walk in walks_of(connector, name) for page in connector.pages(walk)]


def records_of(connector: BeehiivConnector, name: str) -> list[Record]:
    return [record for page in pages_of(connector, name) for record in page.records]


def people_with(world: World, *faults: str) -> list[Page]:
    with connected(world, *faults) as connector:
        return pages_of(connector, "subscriptions")


def ids(pages: list[Page]) -> list[str | None]:
    return [record.id for page in pages for record in page.records]


def test_every_stream_is_walked_to_its_end(world: World) -> None:
    with connected(world) as connector:
        found = {stream.name: records_of(connector, stream.name) for stream in connector.streams()}
    kinds = {name: {type(record) for record in records} for name, records in found.items()}
    assert kinds == {
        "publications": {Publication},
        "posts": {Post},
        "subscriptions": {Subscription},
        "questions": {Question},
        "signals": {Signal},
        "days": {Day},
        "lists": {NewsletterList},
        "list_standings": {ListStanding},
        "segments": set(),
        "segment_results": set(),
    }
    assert {record.id for record in found["subscriptions"]} == set(world.by_id)
    sent = {post.id for post in found["posts"] if isinstance(post, Post) and post.form != "web"}
    assert {post.id for post in world.posts} <= sent
    polls = [poll for poll in found["questions"] if isinstance(poll, Question)]
    assert sum(poll.responses or 0 for poll in polls) == len(found["signals"])


def test_both_forms_of_statistics_tell_the_same(world: World) -> None:
    with connected(world) as connector:
        live = records_of(connector, "subscriptions")
    with connected(world, "documented-stats") as connector:
        documented = records_of(connector, "subscriptions")
    for one, other in zip(live, documented, strict=True):
        assert isinstance(one, Subscription)
        assert isinstance(other, Subscription)
        assert (one.counters is None) == (other.counters is None)
        if one.counters and other.counters:
            assert one.counters.received == other.counters.received
            assert one.counters.opened == other.counters.opened
            assert not other.counters.rounded or other.counters.received >= 100


def test_every_page_is_proven_by_its_total(world: World) -> None:
    pages = people_with(world)
    assert {page.total for page in pages} == {PEOPLE}
    assert len(ids(pages)) == len(set(ids(pages))) == PEOPLE


def test_a_walk_goes_on_at_each_cursor(world: World) -> None:
    with connected(world) as connector:
        for name in ("subscriptions", "posts"):
            (walk,) = walks_of(connector, name)
            pages = list(connector.pages(walk))
            middle = len(pages) // 2
            rest = list(connector.pages(walk, pages[middle - 1].cursor))
            assert ids(rest) == ids(pages[middle:])


@pytest.mark.parametrize(
    "fault",
    [
        "nested-envelope",
        "no-total",
        "plain-expand-only",
        "boolean-stats",
        "documented-stats",
        "missing-stats",
        "html-answer",
        "bad-gateway",
        "torn-body",
        "oversized-body",
        "gzip-bomb",
        "deep-body",
        "storm-429",
        "storm-500",
    ],
)
def test_passing_trouble_loses_and_doubles_nobody(world: World, fault: str) -> None:
    pages = people_with(world, fault)
    assert sorted(ids(pages), key=str) == sorted(world.by_id)
    assert not any(page.quarantined for page in pages)


def test_a_field_of_a_wrong_type_costs_that_field(world: World) -> None:
    pages = people_with(world, "wrong-type-row")
    assert [row for page in pages for row in page.quarantined] == []
    assert len(ids(pages)) == PEOPLE
    assert [dict(page.unread) for page in pages if page.unread] == [{"created": 1}]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("cursor-loop", CursorLoop),
        ("empty-page-claims-more", CursorLoop),
        ("cursor-expires", CursorExpired),
        ("redirect", InvalidResponse),
        ("refused-key", AuthenticationFailed),
    ],
)
def test_lasting_trouble_is_named(world: World, fault: str, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        people_with(world, fault)


def test_polls_that_are_not_allowed_leave_the_rest(world: World) -> None:
    with connected(world, "forbidden-polls") as connector:
        with pytest.raises(FeatureUnavailable):
            walks_of(connector, "signals")
        assert records_of(connector, "posts")
        verdicts = {finding.name: finding.verdict for finding in connector.preflight().findings}
    assert verdicts["polls"] == "warning"


def test_missing_totals_are_not_measured(world: World) -> None:
    pages = people_with(world, "missing-stats")
    people = [row for page in pages for row in page.records if isinstance(row, Subscription)]
    missing = [row for row in people if row.counters is None]
    assert 0 < len(missing) < PEOPLE // 2


def test_the_preflight_counts_the_people(world: World) -> None:
    with connected(world) as connector:
        preflight = connector.preflight()
    assert any(f"{PEOPLE:,} to read" in finding.text for finding in preflight.findings)
    assert preflight.requests is not None
    assert preflight.requests > PEOPLE / 100
