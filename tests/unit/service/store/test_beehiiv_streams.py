"""Days, lists, segments and departures in the store: kept as rebuilt, and never doubled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from regulars.settings import ConnectionConfig, PublicationSettings, Settings, StoreSettings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars.sync.record import RunResult
from regulars.sync.run import sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY, SECOND, from_datetime
from regulars_connectors.simulator import (
    BeehiivApi,
    Request,
    SimulatedClock,
    World,
    serving,
    subscribers_csv,
    with_faults,
)


class Rig:
    """A store, a simulated beehiiv, and segments whose meaning the settings say."""

    def __init__(self, folder: Path, world: World, clock: SimulatedClock, url: str) -> None:
        self.folder, self.world, self.clock, self.url = folder, world, clock, url
        self.segments: list[dict[str, str]] = []
        self.store_settings = StoreSettings(
            folder=folder / "data", part_rows=100, free_space_floor_mib=0
        )

    def sync(self, **options: Any) -> RunResult:
        shown = {
            "publication_id": self.world.publication_id, "api_key": "any",
            "base_url": f"{self.url}/v2", "segments": self.segments,
        }  # fmt: skip
        return self.run(ConnectionConfig(name="main", connector="beehiiv", options=shown), options)

    def import_export(self, path: Path) -> RunResult:
        options = {"path": path}
        config = ConnectionConfig(name="export", connector="beehiiv-export", options=options)
        return self.run(config, {})

    def run(self, config: ConnectionConfig, options: dict[str, Any]) -> RunResult:
        publication = PublicationSettings(name="letters", connections=(config,))
        settings = Settings(store=self.store_settings, publications=(publication,))
        runtime = Runtime(clock=self.clock, sleep=lambda _: None, unpaced=True)
        with Store(self.store_settings) as store:
            return sync_connection(store, settings, publication, config, runtime, **options)

    def rows(self, sql: str) -> list[Any]:
        with Store(self.store_settings) as store, store.read() as cursor:
            return cursor.execute(sql).fetchall()

    def faults(self) -> list[str]:
        with Store(self.store_settings) as store:
            return verify_store(store)

    def written(self, result: RunResult) -> dict[str, int]:
        return {one.stream: one.written for one in result.streams}


@pytest.fixture(scope="module")
def world() -> World:
    return World(3, subscribers=250, spike_size=80)


@pytest.fixture
def api(world: World) -> BeehiivApi:
    clock = SimulatedClock(world.posts[60].sent_at + 2 * DAY)
    return BeehiivApi(world, clock)


@pytest.fixture
def rig(tmp_path: Path, world: World, api: BeehiivApi) -> Iterator[Rig]:
    clock = api.context.clock
    assert isinstance(clock, SimulatedClock)
    with serving(api) as url:
        yield Rig(tmp_path, world, clock, url)


@pytest.fixture(scope="module")
def segment_ids(world: World) -> dict[str, str]:
    """Every segment of the simulated dashboard by name: it counts the people of each to list it."""
    api = BeehiivApi(world, SimulatedClock(world.ended_at))
    target = f"/v2/publications/{world.publication_id}/segments?limit=100&page="
    found = {}
    for page in "123":
        response = api(Request.from_target("GET", target + page, {"Authorization": "Bearer a"}))
        found |= {row["name"]: row["id"] for row in json.loads(response.body)["data"]}
    return found


@pytest.fixture
def segment(world: World, segment_ids: dict[str, str]) -> Callable[..., dict[str, str]]:
    """A segment of the simulated dashboard as the settings name it."""

    def named(means: str, number: int) -> dict[str, str]:
        post = world.posts[number]
        return {"segment": segment_ids[f"{means}: {post.slug}"], "means": means, "post": post.id}

    return named


@pytest.mark.long
def test_a_second_sync_writes_nothing_and_a_rebuild_is_equal(
    rig: Rig, segment: Callable[..., dict[str, str]]
) -> None:
    rig.segments = [segment("opened", 58), segment("clicked", 59)]
    first = rig.written(rig.sync())
    new = ("days", "lists", "list_standings", "segments", "segment_results")
    assert all(first[name] > 0 for name in new)
    assert not any(rig.written(rig.sync()).values())
    rig.clock.advance(7 * DAY)
    later = rig.written(rig.sync())
    assert 0 < later["days"] < first["days"]
    assert rig.faults() == []


def test_results_are_exactly_the_worlds_openers(
    rig: Rig, world: World, segment: Callable[..., dict[str, str]]
) -> None:
    rig.segments = [segment("opened", 55)]
    rig.sync()
    post = world.posts[55]
    at = rig.clock()
    wanted = {
        person.id
        for person in world.people
        if (world.deed(person.id, post.id).open_recorded_at or at) < at
        and world.status(person, at // SECOND) is not None
    }
    found = rig.rows(
        "SELECT subscription_id, happened_at, machine FROM signals WHERE kind = 'open'"
    )
    assert {row[0] for row in found} == wanted
    assert {row[1:] for row in found} == {(None, None)}


def test_the_days_are_the_worlds_opens_by_day(rig: Rig, world: World) -> None:
    rig.sync()
    today = rig.clock() // DAY * DAY
    found = dict(rig.rows("SELECT epoch_us(starts_at), unique_opens FROM days WHERE mail = 'post'"))
    wanted: dict[int, int] = {}
    for times in world.totals.opens:
        for opened_s in times:
            day = opened_s * SECOND // DAY * DAY
            if day < today:
                wanted[day] = wanted.get(day, 0) + 1
    assert {day: opens for day, opens in found.items() if opens and day < today} == wanted


@pytest.mark.long
def test_a_segment_that_is_still_processing_keeps_its_old_evidence(
    rig: Rig, api: BeehiivApi, segment: Callable[..., dict[str, str]]
) -> None:
    rig.segments = [segment("opened", 59)]
    rig.sync()
    before = rig.rows("SELECT count(*) FROM signals WHERE kind = 'open'")
    with_faults(api, ["segments-processing"])
    rig.clock.advance(DAY)
    result = rig.sync()
    assert result.outcome == "complete"
    assert any("still being computed" in notice for notice in result.notices)
    assert rig.rows("SELECT count(*) FROM signals WHERE kind = 'open'") == before
    assert rig.rows("SELECT status, presence FROM segments") == [("processing", "present")]
    assert rig.faults() == []


@pytest.mark.long
def test_a_meaning_that_is_mended_or_taken_out_changes_what_counts(
    rig: Rig, segment: Callable[..., dict[str, str]]
) -> None:
    rig.sync()
    named = "SELECT count(*) FROM named_reads('letters', TIMESTAMP '2030-01-01')"
    right, other = segment("opened", 57), segment("opened", 56)
    rig.segments = [right | {"post": other["post"]}]
    rig.clock.advance(DAY)
    rig.sync()
    ((wrong,),) = rig.rows(named)
    rig.segments = [right]
    rig.sync()
    assert rig.rows(named) == [(wrong,)]
    assert rig.rows("SELECT DISTINCT post_id FROM signals WHERE kind = 'open'") == [
        (right["post"],)
    ]
    rig.segments = []
    rig.sync()
    assert rig.rows(named) == [(0,)]
    assert rig.rows("SELECT presence FROM segments") == [("removed",)]
    rig.segments = [right]
    rig.sync()
    assert rig.rows(named) == [(wrong,)]
    assert rig.faults() == []


@pytest.mark.parametrize("fault", ["no-lists", "forbidden-engagements", "forbidden-segments"])
def test_a_feature_that_is_missing_leaves_the_rest(
    rig: Rig, api: BeehiivApi, segment: Callable[..., dict[str, str]], fault: str
) -> None:
    rig.segments = [segment("opened", 59)]
    with_faults(api, [fault])
    result = rig.sync()
    outcomes = {one.stream: one.outcome for one in result.streams}
    missing = {
        "no-lists": {"lists", "list_standings"},
        "forbidden-engagements": {"days"},
        "forbidden-segments": {"segments", "segment_results"},
    }[fault]
    assert result.outcome == "complete"
    assert {name for name, outcome in outcomes.items() if outcome == "unavailable"} == missing


def export(rig: Rig, **how: Any) -> Path:
    path = rig.folder / "subscribers.csv"
    path.write_text(subscribers_csv(rig.world, rig.clock(), **how), encoding="utf-8")
    return path


@pytest.mark.long
def test_an_export_dates_every_leaving_that_the_api_only_saw(rig: Rig, world: World) -> None:
    rig.sync()
    rig.clock.advance(40 * DAY)
    rig.sync()
    spells = "SELECT subscription_id, ends_at FROM spells('letters') WHERE end_kind = 'left'"
    before = dict(rig.rows(spells))
    people = rig.rows("SELECT count(*) FROM subscriptions")
    result = rig.import_export(export(rig, delimiter=";"))
    assert (result.outcome, result.notices) == ("complete", [])
    after = dict(rig.rows(spells))
    assert after.keys() == before.keys()
    assert rig.rows("SELECT count(*) FROM subscriptions") == people
    truly = {one: world.by_id[one].left_s for one in after}
    for one, ended in after.items():
        assert from_datetime(ended.replace(tzinfo=UTC)) // SECOND in truly[one]
    assert len(after) > 20
    assert before != after
    assert rig.faults() == []


@pytest.mark.long
def test_the_same_export_twice_changes_nothing(rig: Rig) -> None:
    rig.sync()
    path = export(rig)
    first, second = rig.import_export(path), rig.import_export(path)
    assert first.written > 20
    assert second.written == 0
    assert rig.faults() == []


def test_rows_that_match_nobody_are_counted(rig: Rig) -> None:
    rig.sync()
    path = export(rig)
    text = path.read_text(encoding="utf-8")
    stranger = "stranger@example.org,,,inactive,free,2024-01-01 00:00:00 UTC,,No,"
    path.write_text(text + f"{stranger}2025-01-01 00:00:00 UTC,\n", encoding="utf-8")
    result = rig.import_export(path)
    (notice,) = result.notices
    assert notice.startswith("1 address belongs to no known subscription")
    assert rig.rows("SELECT reason FROM run_streams WHERE stream = 'departures'") == [
        ("1 address belongs to no known subscription",)
    ]
    assert rig.rows("SELECT count(*) FROM words WHERE email LIKE 'stranger%'") == [(0,)]


@pytest.mark.long
def test_addresses_of_an_export_are_kept_nowhere(rig: Rig) -> None:
    rig.sync()
    words = rig.rows("SELECT count(*) FROM words")
    rig.import_export(export(rig))
    assert rig.rows("SELECT count(*) FROM words") == words
    columns = {row[0] for row in rig.rows("DESCRIBE departures")}
    assert columns == {
        "publication", "connection", "subscription_id", "left_at", "told_by", "seen_at",
    }  # fmt: skip


@pytest.mark.long
def test_the_sums_agree_with_the_worlds_truth(rig: Rig, world: World) -> None:
    """What people received between two looks, counted from the world and not from the store."""
    start = rig.clock()
    rig.sync()
    rig.clock.advance(30 * DAY)
    rig.sync()
    end = rig.clock()
    ((people, posts, opened, posts_opened, days),) = rig.rows(
        "SELECT people_received, posts_delivered, people_opened, posts_opened, days_opened"
        " FROM mail_sums('letters', TIMESTAMP '2030-01-01') WHERE span = 'all'"
    )
    sent = [n for n, post in enumerate(world.posts) if start < post.sent_at <= end]
    delivered = sum(number in person.sends for person in world.people for number in sent)
    seen_opens = sum(start < at * SECOND <= end for times in world.totals.opens for at in times)
    assert (posts, posts_opened, days) == (delivered, seen_opens, seen_opens)
    # The provider shows no totals of some people: just these are the gap.
    hidden = [person for person in world.people if person.sight == "unshown"]
    gone = [p for p in world.people if world.status(p, end // SECOND) is None]
    unseen = {person.id: person for person in hidden + gone}
    missing = sum(number in person.sends for person in unseen.values() for number in sent)
    assert people == delivered - missing
    assert opened <= seen_opens
