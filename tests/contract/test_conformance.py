"""Our own connectors and the examples keep every promise; a broken one breaks the one named for it.

A check that cannot fail is no check: each promise has at least one toy that breaks it.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from contract.test_contract import EVERY_TOY
from support.broken_connectors import BAD, KEY, MOMENT, Discovering, GoodToy
from support.example_connectors import SinceCheckpoint, Toy

from regulars.connections.guarded import GuardedConnector
from regulars_connectors import (
    AuthenticationFailed,
    AvailablePublication,
    ConfigurationError,
    Connector,
    ContractBroken,
    Runtime,
    registry,
)
from regulars_connectors.beehiiv import BeehiivConnector
from regulars_connectors.conformance import (
    PROMISES,
    Depth,
    Verdict,
    check_connector,
    complaints,
    run_check,
)
from regulars_connectors.conformance.shape import _METHODS
from regulars_connectors.contract import RECORDS, StreamName
from regulars_connectors.files import FilesConnector
from regulars_connectors.records import Record
from regulars_connectors.simulator import BeehiivApi, SimulatedClock, World, serving, with_faults

ROOT = Path(__file__).parents[2]


def tools_at(moment: int) -> Runtime:
    """A clock that moves when somebody sleeps."""
    now = [moment]

    def sleep(seconds: float) -> None:
        now[0] += int(seconds * 1_000_000)

    return Runtime(clock=lambda: now[0], sleep=sleep, unpaced=True)


def not_fine(verdicts: list[Verdict]) -> set[str]:
    return {verdict.name for verdict in verdicts if verdict.verdict != "ok"}


def test_a_good_toy_keeps_every_promise() -> None:
    verdicts = check_connector(GoodToy, {}, tools_at(MOMENT), name="toy")
    assert not_fine(verdicts) == set()
    assert [verdict.name for verdict in verdicts] == list(PROMISES)


def test_a_connector_that_discovers_may_pass() -> None:
    class Finds(Discovering):
        offered = AvailablePublication("pub_1", "One", {"api_key": "x"}, subscriptions=3)

    assert not_fine(check_connector(Finds, {}, tools_at(MOMENT), name="toy")) == set()


@pytest.mark.parametrize(
    ("number", "fault"),
    [(1, "AttributeError"), (3, "findings are none"), (4, "requests or seconds are no number")],
)
def test_an_odd_first_look_is_contained(number: int, fault: str) -> None:
    toy = GuardedConnector(BAD["preflight"][number](GoodToy.Settings(), tools_at(MOMENT)), "toy")  # type: ignore[call-arg]
    with pytest.raises(ContractBroken, match=rf"in preflight\(\): .*{fault}"):
        toy.preflight()


def test_every_promise_has_a_toy_that_breaks_it() -> None:
    assert set(BAD) == set(PROMISES)


@pytest.mark.parametrize(
    ("promise", "toy"),
    [
        pytest.param(promise, toy, id=f"{promise}-{number}")
        for promise, toys in BAD.items()
        for number, toy in enumerate(toys)
    ],
)
def test_a_bad_toy_is_found_out_by_name(promise: str, toy: type[Connector]) -> None:
    verdicts = check_connector(toy, {}, tools_at(MOMENT), name="toy", depth=Depth(pages=12))
    found = [verdict for verdict in verdicts if verdict.name == promise]
    assert any(verdict.verdict != "ok" and verdict.found for verdict in found), verdicts
    assert all(verdict.expected == PROMISES[promise] for verdict in found)
    assert not [verdict for verdict in verdicts if KEY in verdict.words()]
    if promise != "ids-once":
        assert complaints(found)


@pytest.mark.parametrize("toy", EVERY_TOY)
def test_every_toy_of_the_contract_passes(toy: type[Toy], monkeypatch: pytest.MonkeyPatch) -> None:
    feed = [(MOMENT, "a", ""), (MOMENT + 8, "b", "")]
    monkeypatch.setattr(SinceCheckpoint, "feed", feed)
    if hasattr(toy, "ready_after"):
        monkeypatch.setattr(toy, "ready_after", MOMENT + 100_000_000)
    assert not complaints(check_connector(toy, {}, tools_at(MOMENT), name="toy"))


def test_beehiiv_against_the_simulator_passes() -> None:
    world = World(3, subscribers=240, posts=12)
    clock = SimulatedClock(world.posts[-2].sent_at)
    with serving(BeehiivApi(world, clock)) as url:
        options = {
            "publication_id": world.publication_id,
            "api_key": KEY,
            "base_url": f"{url}/v2",
        }
        runtime = Runtime(clock=clock, sleep=lambda _: None, unpaced=True)
        verdicts = check_connector(BeehiivConnector, options, runtime, name="beehiiv")
    assert not complaints(verdicts)
    assert not_fine(verdicts) <= {"resume"}


def test_what_stops_a_check_is_told_with_what_was_found_before() -> None:
    world = World(3, subscribers=30, posts=4)
    clock = SimulatedClock(world.posts[-2].sent_at)
    options = {"publication_id": world.publication_id, "api_key": KEY}
    with serving(with_faults(BeehiivApi(world, clock), ["refused-key"])) as url:
        runtime = Runtime(clock=clock, sleep=lambda _: None, unpaced=True)
        given = options | {"base_url": f"{url}/v2"}
        checked = run_check(BeehiivConnector, given, runtime, name="beehiiv")
        with pytest.raises(AuthenticationFailed):
            check_connector(BeehiivConnector, given, runtime)
    assert isinstance(checked.error, AuthenticationFailed)
    assert not complaints(checked.verdicts)


@pytest.mark.parametrize("complete", [True, False])
def test_files_pass(complete: bool) -> None:
    folder = ROOT / "docs" / "how-to" / "import-files-example"
    options = {"folder": folder, "complete": complete}
    verdicts = check_connector(FilesConnector, options, tools_at(MOMENT), name="files")
    assert not complaints(verdicts)


def test_every_installed_connector_has_a_check_of_its_own() -> None:
    """A connector that is added without a conformance test is noticed here."""
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for point in registry.installed():
        if point.value.startswith("regulars_connectors."):
            pattern = rf"(check_connector|run_check)\(\s*{registry.find(point.name).__name__}\b"
            assert re.search(pattern, tests), (
                f"write a test that calls check_connector({registry.find(point.name).__name__}, …)"
            )


def calls_of(kind: type) -> set[str]:
    return {name for name, thing in vars(kind).items() if callable(thing) and name[0] != "_"}


def test_whatever_stands_for_a_connector_has_every_call_of_the_contract() -> None:
    wanted = calls_of(Connector)
    assert wanted == set(_METHODS), "judge the new call in regulars_connectors/conformance"
    assert wanted <= calls_of(GuardedConnector), "forward the new call in regulars/containment.py"


def test_settings_that_do_not_fit_are_named() -> None:
    with pytest.raises(ConfigurationError, match="colour: is not a setting"):
        check_connector(GoodToy, {"colour": "green"}, tools_at(MOMENT))


def test_the_check_leaves_logging_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    check_connector(GoodToy, {}, tools_at(MOMENT))
    assert (root.level, list(root.handlers)) == before


def test_every_stream_says_which_record_it_is_made_of() -> None:
    assert list(RECORDS) == list(get_args(StreamName))
    assert set(RECORDS.values()) == set(get_args(Record))


def test_a_deep_walk_is_checked_as_far_as_asked() -> None:
    asked: list[Any] = []

    class Counts(GoodToy):
        def pages(self, walk, cursor=None):  # type: ignore[no-untyped-def]
            for page in super().pages(walk, cursor):
                asked.append(page)
                yield page

    verdicts = check_connector(Counts, {}, tools_at(MOMENT), depth=Depth(pages=1))
    assert not complaints(verdicts)
    assert {"walk-ends", "last-page", "total-agrees"} == not_fine(verdicts)
    assert len(asked) < 20
