"""Our own connectors and the examples keep every promise; a broken one breaks the one named for it.

A check that cannot fail is no check: each promise has at least one connector that breaks it.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from contract.test_contract import EXAMPLES
from support.broken_connectors import BAD, KEY, MOMENT, Discovering, GoodConnector
from support.example_connectors import ExampleConnector, SinceCheckpoint
from support.fake_correspondence import FakeCorrespondence, mail

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
from regulars_connectors.mail_files import MailFilesConnector
from regulars_connectors.records import Record
from regulars_connectors.simulator import BeehiivApi, SimulatedClock, World, serving, with_faults

ROOT = Path(__file__).parents[2]


def runtime_at(moment: int) -> Runtime:
    """A clock that moves when somebody sleeps."""
    now = [moment]

    def sleep(seconds: float) -> None:
        now[0] += int(seconds * 1_000_000)

    return Runtime(clock=lambda: now[0], sleep=sleep, unpaced=True)


def not_fine(verdicts: list[Verdict]) -> set[str]:
    return {verdict.name for verdict in verdicts if verdict.verdict != "ok"}


def test_a_good_connector_keeps_every_promise() -> None:
    verdicts = check_connector(GoodConnector, {}, runtime_at(MOMENT), name="example")
    assert not_fine(verdicts) == set()
    assert [verdict.name for verdict in verdicts] == list(PROMISES)


def test_a_connector_that_discovers_may_pass() -> None:
    class Finds(Discovering):
        offered = AvailablePublication("pub_1", "One", {"api_key": "x"}, subscriptions=3)

    assert not_fine(check_connector(Finds, {}, runtime_at(MOMENT), name="example")) == set()


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (1, r"preflight\(\) must return a Preflight, not NoneType"),
        (2, r"Preflight\.findings must be a sequence, not tuple_iterator"),
        (3, r"Preflight\.findings\[0\]\.text must be str, not NoneType"),
        (4, r"Preflight\.requests must be int or None, not str"),
        (5, r"Preflight\.requests must be 0 or more"),
        (6, r"Preflight\.requests must be int or None, not bool"),
        (7, r"Preflight\.seconds must be a finite number"),
        (8, r"Preflight\.clock_skew_seconds must be a finite number"),
        (
            9,
            r"Preflight\.findings\[0\]\.verdict has an unknown value \(allowed: .*warning\)",
        ),
    ],
)
def test_the_guard_refuses_an_odd_preflight(number: int, fault: str) -> None:
    broken = BAD["preflight"][number](GoodConnector.Settings(), runtime_at(MOMENT))  # type: ignore[call-arg]
    with pytest.raises(ContractBroken, match=rf"in preflight\(\): {fault}\."):
        GuardedConnector(broken, "example").preflight()


def test_every_promise_has_a_connector_that_breaks_it() -> None:
    assert set(BAD) == set(PROMISES)


@pytest.mark.parametrize(
    ("promise", "broken"),
    [
        pytest.param(promise, broken, id=f"{promise}-{number}")
        for promise, connectors in BAD.items()
        for number, broken in enumerate(connectors)
    ],
)
def test_a_broken_connector_is_found_out_by_name(promise: str, broken: type[Connector]) -> None:
    verdicts = check_connector(
        broken, {}, runtime_at(MOMENT), name="example", depth=Depth(pages=12)
    )
    found = [verdict for verdict in verdicts if verdict.name == promise]
    assert any(verdict.verdict != "ok" and verdict.found for verdict in found), verdicts
    assert all(verdict.expected == PROMISES[promise] for verdict in found)
    assert not [verdict for verdict in verdicts if KEY in verdict.text()]
    if promise != "ids-once":
        assert complaints(found)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_contract_passes(
    example: type[ExampleConnector], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = [(MOMENT, "a", ""), (MOMENT + 8, "b", "")]
    monkeypatch.setattr(SinceCheckpoint, "feed", feed)
    if hasattr(example, "ready_after"):
        monkeypatch.setattr(example, "ready_after", MOMENT + 100_000_000)
    assert not complaints(check_connector(example, {}, runtime_at(MOMENT), name="example"))


def test_beehiiv_against_the_simulator_passes() -> None:
    world = World(3, subscribers=240, posts=12)
    clock = SimulatedClock(world.posts[-2].sent_at)
    with serving(BeehiivApi(world, clock)) as url:
        options = {
            "publication_id": world.publication_id,
            "api_key": KEY,
            "base_url": f"{url}/v2",
            "webhook_secret": "whsec_cmVndWxhcnMtaG9vay1rZXktZm9yLXRlc3RzISE=",
        }
        runtime = Runtime(clock=clock, sleep=lambda _: None, unpaced=True)
        verdicts = check_connector(BeehiivConnector, options, runtime, name="beehiiv")
    assert not complaints(verdicts)
    assert not_fine(verdicts) <= {"resume"}


def test_what_stops_a_check_comes_with_what_was_found_before() -> None:
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
    verdicts = check_connector(FilesConnector, options, runtime_at(MOMENT), name="files")
    assert not complaints(verdicts)


@pytest.mark.long
def test_mail_files_pass(tmp_path: Path) -> None:
    (tmp_path / "in.mbox").write_bytes(b"".join(b"From x\n" + mail(n) + b"\n" for n in range(450)))
    runtime = replace(runtime_at(MOMENT), correspondence=FakeCorrespondence(everything=True))
    options = {"path": tmp_path / "in.mbox"}
    verdicts = check_connector(MailFilesConnector, options, runtime, name="mail-files")
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
    assert wanted <= calls_of(GuardedConnector), (
        "forward the new call in regulars/connections/guarded.py"
    )


def test_settings_that_do_not_fit_are_named() -> None:
    with pytest.raises(ConfigurationError, match="colour: is not a setting"):
        check_connector(GoodConnector, {"colour": "green"}, runtime_at(MOMENT))


def test_the_check_leaves_logging_as_it_was() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    check_connector(GoodConnector, {}, runtime_at(MOMENT))
    assert (root.level, list(root.handlers)) == before


def test_every_stream_says_which_record_it_is_made_of() -> None:
    assert list(RECORDS) == list(get_args(StreamName))
    assert set(RECORDS.values()) == set(get_args(Record))


def test_a_deep_walk_is_checked_as_far_as_asked() -> None:
    asked: list[Any] = []

    class Counts(GoodConnector):
        def pages(self, walk, cursor=None):  # type: ignore[no-untyped-def]
            for page in super().pages(walk, cursor):
                asked.append(page)
                yield page

    verdicts = check_connector(Counts, {}, runtime_at(MOMENT), depth=Depth(pages=1))
    assert not complaints(verdicts)
    assert {"walk-ends", "last-page", "total-agrees"} == not_fine(verdicts)
    assert len(asked) < 20
