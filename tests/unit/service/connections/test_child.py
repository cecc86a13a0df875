"""A connector in a child process: the same rows and errors, and an end with whoever asked."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.decoding import children_of
from support.newsletter import Newsletter, before_post, newsletter, tables

from regulars.connections.child import ChildConnector, connect_in_child
from regulars.connections.child_errors import ChildEnded, carried, raise_carried
from regulars.settings import load_settings
from regulars.store import Store
from regulars.sync.record import RunResult
from regulars.sync.run import sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.errors import (
    AuthenticationFailed,
    Interrupted,
    QuotaExceeded,
)
from regulars_connectors.http import Pacers
from regulars_connectors.simulator import Request, Response, World

PATIENCE = 60.0


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    world = World(3, subscribers=150, spike=False, posts=8)
    with newsletter(tmp_path_factory.mktemp("child"), world) as made:
        made.clock.set(before_post(world, 7))
        yield made


@pytest.fixture
def folder(letters: Newsletter, tmp_path: Path) -> Path:
    """Settings and an empty store, whose secret its copies share."""
    letters.heal()
    made = letters.folder(tmp_path.name)
    with Store(load_settings(made / "regulars.toml").store):
        return made


def runtime_of(letters: Newsletter, **more: Any) -> Runtime:
    return Runtime(clock=letters.clock, sleep=letters.waits.append, unpaced=True, **more)


def sync(
    letters: Newsletter,
    folder: Path,
    *,
    runtime: Runtime | None = None,
    in_child: bool = True,
    **options: Any,
) -> RunResult:
    settings = load_settings(folder / "regulars.toml")
    ((publication, config),) = settings.connections()
    with Store(settings.store) as store:
        return sync_connection(
            store, settings, publication, config, runtime or runtime_of(letters),
            in_child=in_child, **options,
        )  # fmt: skip


def child_of(letters: Newsletter, folder: Path, runtime: Runtime | None = None) -> ChildConnector:
    settings = load_settings(folder / "regulars.toml")
    ((_, config),) = settings.connections()
    made: Any = connect_in_child(settings, config, runtime or runtime_of(letters))
    return made


def is_alive(process_id: int) -> bool:
    """Whether it runs: one that has ended and was waited for is none."""
    return Path(f"/proc/{process_id}").exists()


def once(letters: Newsletter, hits: str, act: Callable[[], object]) -> None:
    """Do something in the middle of the answer to the second request for a path with ``hits``."""
    healthy, seen = letters.api, [0]

    def api(request: Request) -> Response:
        assert healthy is not None
        if hits in request.path:
            seen[0] += 1
            if seen[0] == 2:
                act()
        return healthy(request)

    letters.api = api


def test_it_brings_the_same_rows_as_a_thread(
    letters: Newsletter, folder: Path, tmp_path: Path
) -> None:
    other = letters.folder(f"{tmp_path.name}-thread", folder)
    results = [sync(letters, folder), sync(letters, other, in_child=False)]
    assert [result.outcome for result in results] == ["complete", "complete"]
    brought = [
        [(one.stream, one.seen, one.changed) for one in result.streams] for result in results
    ]
    assert brought[0] == brought[1]
    assert sum(seen for _, seen, _ in brought[0]) > 150
    assert tables(folder) == tables(other)


@pytest.mark.long
def test_it_asks_for_the_clock_and_pace_of_the_service(letters: Newsletter, folder: Path) -> None:
    """Clock, pace and counts stay in this process, so a test's clock dates the rows."""
    told: list[tuple[str, str, float]] = []
    monotonic = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        monotonic[0] += seconds

    runtime = Runtime(
        clock=letters.clock,
        sleep=sleep,
        pacers=Pacers(lambda: monotonic[0]),
        note_traffic=lambda *fact: told.append(fact),
    )
    text = (folder / "regulars.toml").read_text().replace("= 100000", "= 60")
    (folder / "regulars.toml").write_text(text)
    result = sync(letters, folder, runtime=runtime)
    assert result.outcome == "complete"
    assert result.record.ended_at == letters.clock()
    requests = sum(number for _, kind, number in told if kind == "page")
    assert requests > 5
    # One request a second: each but the first waits for its turn.
    assert sum(waits) >= requests - 1


@pytest.mark.parametrize("fault", ["refused-key", "come-back-later", "forbidden-people"])
def test_trouble_comes_with_its_texts_its_code_and_its_facts(
    letters: Newsletter, folder: Path, tmp_path: Path, fault: str
) -> None:
    results = []
    for name, in_child in (("child", True), ("thread", False)):
        letters.trouble(fault)
        copy = letters.folder(f"{tmp_path.name}-{name}", folder)
        results.append(sync(letters, copy, in_child=in_child))
    ours, theirs = results
    assert ours.outcome in ("failed", "partial")
    assert ours.outcome == theirs.outcome
    assert type(ours.error) is type(theirs.error)
    assert isinstance(ours.error, AuthenticationFailed) == (fault == "refused-key")
    if ours.error is not None:
        assert str(ours.error) == str(theirs.error)
        said = ("code", "happened", "safe", "to_do", "provider_said", "after_seconds")
        for name in said:
            assert getattr(ours.error, name, None) == getattr(theirs.error, name, None)
    assert ours.notices == theirs.notices
    assert (ours.record.reason, ours.record.retry_at) == (
        theirs.record.reason, theirs.record.retry_at,
    )  # fmt: skip
    reasons = [[(one.stream, one.outcome, one.reason) for one in r.streams] for r in results]
    assert reasons[0] == reasons[1]


def test_an_error_of_a_stranger_crosses_as_what_it_is_to_us() -> None:
    class Odd(QuotaExceeded):
        code = "odd"

        def __init__(self, one: int, *, two: int) -> None:
            super().__init__(f"{one} and {two}", after_seconds=7.5)
            self.held = object()

    with pytest.raises(QuotaExceeded) as caught:
        raise_carried(carried(Odd(1, two=2)))
    error = caught.value
    assert (str(error), error.happened, error.after_seconds) == ("1 and 2", "1 and 2", 7.5)
    assert (error.code, error.to_do) == ("odd", QuotaExceeded.to_do)
    assert not hasattr(error, "held")
    with pytest.raises(Exception, match=r"failed \(KeyError\)") as unforeseen:
        raise_carried(carried(KeyError("somebody@example.org")))
    assert "somebody" not in str(unforeseen.value)


@pytest.mark.long
def test_a_child_that_is_killed_leaves_a_partial_run_which_the_next_one_finishes(
    letters: Newsletter, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = letters.folder(f"{tmp_path.name}-thread", folder)
    children: list[ChildConnector] = []

    def connect(*arguments: Any) -> Any:
        made: Any = connect_in_child(*arguments)
        children.append(made)
        return made

    monkeypatch.setattr("regulars.sync.run.connect_in_child", connect)
    once(letters, "/subscriptions", lambda: os.kill(children[-1].process_id, signal.SIGKILL))
    result = sync(letters, folder)
    assert result.outcome == "partial"
    assert isinstance(result.error, ChildEnded)
    assert result.error.code == "decoding_ended"
    assert "ended by SIGKILL" in (result.record.reason or "")
    letters.heal()
    assert sync(letters, folder).outcome == "complete"
    sync(letters, other, in_child=False)
    assert tables(folder) == tables(other)


@pytest.mark.long
def test_a_child_that_ended_says_so_at_every_further_call(
    letters: Newsletter, folder: Path
) -> None:
    child = child_of(letters, folder)
    os.kill(child.process_id, signal.SIGTERM)
    for _ in range(2):
        with pytest.raises(ChildEnded, match="ended by SIGTERM"):
            child.preflight()
    child.close()
    child.close()


@pytest.mark.long
def test_a_stop_ends_a_request_that_never_comes_back(letters: Newsletter, folder: Path) -> None:
    asked, held = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()  # the owner asks to stop while the provider is silent
        held.wait(PATIENCE)

    once(letters, "/subscriptions", hold)
    begun = time.monotonic()
    runtime = runtime_of(letters, should_stop=asked.is_set)
    with pytest.raises(Interrupted):
        sync(letters, folder, runtime=runtime, should_stop=asked.is_set)
    held.set()
    assert time.monotonic() - begun < PATIENCE / 2
    assert not children_of(os.getpid())


@pytest.mark.long
def test_a_wait_that_is_interrupted_ends_the_child(letters: Newsletter, folder: Path) -> None:
    def sleep(_: float) -> None:
        raise Interrupted

    letters.trouble("storm-429")
    runtime = Runtime(clock=letters.clock, sleep=sleep, unpaced=True)
    with pytest.raises(Interrupted):
        sync(letters, folder, runtime=runtime)
    assert not children_of(os.getpid())


@pytest.mark.long
def test_ctrl_c_is_for_the_service_alone(letters: Newsletter, folder: Path) -> None:
    child = child_of(letters, folder)
    os.kill(child.process_id, signal.SIGINT)
    assert child.preflight().findings
    child.close()
    assert not is_alive(child.process_id)


@pytest.mark.long
def test_its_log_lines_are_ours(
    letters: Newsletter, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    letters.trouble("storm-500")
    with caplog.at_level(logging.DEBUG):
        sync(letters, folder)
    names = {record.name for record in caplog.records if record.process == os.getpid()}
    assert any(name.startswith("regulars_connectors.http") for name in names)


def test_a_connector_that_cannot_be_made_says_so(letters: Newsletter, folder: Path) -> None:
    text = (folder / "regulars.toml").read_text()
    (folder / "regulars.toml").write_text(text.replace('"beehiiv"', '"nobody"'))
    errors = []
    for in_child in (True, False):
        with pytest.raises(Exception, match="nobody") as caught:
            sync(letters, folder, in_child=in_child)
        errors.append(caught.value)
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]) == str(errors[1])
    assert not children_of(os.getpid())
