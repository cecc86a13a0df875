"""The one service that starts runs, waits for them, stops them and remembers them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from pydantic import SecretStr
from support.example_connectors import (
    PEOPLE,
    BelowParents,
    ExampleConnector,
    ProvesWhole,
    SinceCheckpoint,
)

from regulars.api.routes.sync_runs import SyncRun as SyncRunJson
from regulars.api.routes.sync_runs import SyncStream as SyncStreamJson
from regulars.errors import AlreadyRunning, DiskFull, NothingHere, UsageWrong
from regulars.settings import Settings, StoreSettings, build_settings
from regulars.store import Store
from regulars.store.run_record import StreamCounts, find_run
from regulars.sync import service as service_module
from regulars.sync.record import RunResult, RunView, view_of, views_of
from regulars.sync.service import SyncService
from regulars_connectors import ConnectionSettings, Page, Runtime, Subscription, Walk, registry
from regulars_connectors.errors import AuthenticationFailed

NOW = 1_767_600_000_000_000
RUNTIME = Runtime(clock=lambda: NOW, sleep=lambda _: None)


class Gate:
    """Where a run waits: ``reached`` once it is there, until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(30)


class Held(ExampleConnector):
    """Two pages; at the gate of its connection it waits between them, or does what is told."""

    class Settings(ConnectionSettings):
        gate: str
        key: SecretStr | None = None

    has = (PEOPLE,)
    gates: ClassVar[dict[str, Callable[[], object]]] = {}

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        settings: Any = self.settings
        if cursor is None:
            yield Page([Subscription(id="sub_1", status="active")], "1", NOW)
            self.gates.get(settings.gate, lambda: None)()
        yield Page([Subscription(id="sub_2", status="active")], None, NOW)


KINDS = {"whole": ProvesWhole, "below": BelowParents, "since": SinceCheckpoint, "held": Held}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = tuple(
        EntryPoint(name, f"{kind.__module__}:{kind.__name__}", registry.GROUP)
        for name, kind in KINDS.items()
    )
    monkeypatch.setattr(registry, "installed", lambda: points)
    yield
    Held.gates.clear()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    settings = StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0, part_rows=1)
    with Store(settings) as opened:
        yield opened


def settings_of(*connections: dict[str, Any], **more: Any) -> Settings:
    publication = {"name": "letters", "connections": list(connections)} | more
    return build_settings({"publications": [publication]}, None)


def held(*names: str, **more: Any) -> Settings:
    """A connection for each name, each with the gate of that name."""
    return settings_of(
        *({"name": name, "connector": "held", "gate": name} | more for name in names)
    )


def outcomes(runs: Sequence[RunResult]) -> list[str]:
    return [run.outcome for run in runs]


def test_runs_are_waited_for_in_the_order_asked_for_and_remembered(store: Store) -> None:
    settings = settings_of(
        {"name": "a", "connector": "whole"},
        {"name": "b", "connector": "below"},
        {"name": "c", "connector": "since"},
    )
    ended: list[str] = []
    shown: set[str] = set()
    prepared: list[tuple[str, datetime]] = []
    with SyncService(
        store,
        settings,
        RUNTIME,
        prepare=lambda _, publication, now: prepared.append((publication.name, now)),
        progress=lambda progress: shown.add(progress.connection),
        on_end=ended.append,
    ) as service:
        runs = service.start_chosen(settings.connections()).wait()
        assert [run.record.connection for run in runs] == ["a", "b", "c"]
        # One of the three people of the first cannot be read, which is more than a hundredth.
        assert outcomes(runs) == ["partial", "complete", "complete"]
        assert sorted(ended) == ["a", "b", "c"]
        assert shown == {"a", "b", "c"}
        assert [name for name, _ in prepared] == ["letters"] * 3
        for run in runs:
            assert run.is_recorded
            assert service.get(run.record.run_id) is run
            remembered = find_run(store, run.record.run_id)
            assert remembered is not None
            assert remembered.streams == sorted(
                run.streams, key=lambda stream: (stream.started_at, stream.stream)
            )
            assert msgspec.structs.replace(remembered, streams=[], walks=[]) == (
                msgspec.structs.replace(run.record, streams=[], walks=[])
            )
    (people,) = runs[0].streams
    assert (people.seen, people.changed, people.quarantined, people.outcome) == (2, 2, 1, "whole")


def test_one_connection_has_one_run_at_a_time(store: Store) -> None:
    gate = Gate()
    Held.gates["a"] = gate.wait
    settings = held("a", "b")
    with SyncService(store, settings, RUNTIME) as service:
        (started,) = service.start("a")
        assert gate.reached.wait(30)
        assert (started.outcome, service.get(started.record.run_id).outcome) == ("running",) * 2
        with pytest.raises(AlreadyRunning, match="A sync of a is already running"):
            service.start(None)
        assert service.start("b")[0].outcome == "running"  # nothing of the refused one began
        gate.opened.set()
        again = service.start_chosen([]).wait()
        assert again == []
        assert outcomes(service.list()) == ["complete"] * 2
        (run,) = service.start_chosen(settings.connections()[:1]).wait()
        assert (run.outcome, run.written) == ("complete", 0)
        assert len(service.list()) == 3
        assert len(service.list(limit=2)) == 2


def test_a_paused_publication_is_left_out(store: Store) -> None:
    settings = settings_of({"name": "a", "connector": "whole"}, paused=True)
    with SyncService(store, settings, RUNTIME) as service:
        assert service.start(None) == []
        with pytest.raises(UsageWrong, match="paused"):
            service.start("a")
        with pytest.raises(NothingHere, match="no connection named 'b'"):
            service.start("b")
        with pytest.raises(NothingHere, match="no sync run 'run_9'"):
            service.get("run_9")


def test_trouble_of_one_connection_is_its_own(store: Store) -> None:
    def refuse() -> None:
        raise AuthenticationFailed("The key is refused.")

    Held.gates["a"] = refuse
    settings = settings_of(
        {"name": "a", "connector": "held", "gate": "a"},
        {"name": "b", "connector": "held", "gate": "b", "key": {"env": "NOT_SET_AT_ALL"}},
        {"name": "c", "connector": "since"},
    )
    with SyncService(store, settings, RUNTIME) as service:
        refused, unset, well = service.start_chosen(settings.connections()).wait()
        assert (refused.outcome, refused.exit_code, refused.is_recorded) == ("failed", 4, True)
        assert (unset.outcome, unset.exit_code, unset.is_recorded) == ("failed", 3, False)
        assert "NOT_SET_AT_ALL" in (unset.reason or "")
        assert well.outcome == "complete"
        assert service.get(unset.record.run_id) is unset
    error = view_of(refused).error
    assert error is not None
    assert (error.code, error.happened) == ("key_refused", "The key is refused.")


def test_trouble_of_the_store_stops_the_runs_that_were_started_with_it(store: Store) -> None:
    waits = Gate()

    def fill() -> None:
        assert waits.reached.wait(30)
        waits.opened.set()
        raise DiskFull("The disk is full.")

    Held.gates |= {"a": fill, "b": waits.wait}
    settings = held("a", "b")
    with SyncService(store, settings, RUNTIME) as service:
        group = service.start_chosen(settings.connections())
        with pytest.raises(DiskFull):
            group.wait()
        assert outcomes(group.results)[0] == "failed"
        assert group.results[0].error is group.trouble
        Held.gates.clear()
        assert outcomes(service.start_chosen(settings.connections()).wait()) == ["complete"] * 2


@pytest.fixture
def breaks_on_a(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in the run of the connection a."""
    inner = service_module.sync_connection

    def run(
        store: Any, settings: Any, publication: Any, config: Any, *rest: Any, **more: Any
    ) -> Any:
        if config.name == "a":
            raise LookupError("s3cret")
        return inner(store, settings, publication, config, *rest, **more)

    monkeypatch.setattr(service_module, "sync_connection", run)


@pytest.mark.usefixtures("breaks_on_a")
def test_what_nobody_foresaw_reaches_whoever_waits(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    settings = held("a", "b")
    with SyncService(store, settings, RUNTIME) as service:
        group = service.start_chosen(settings.connections())
        with pytest.raises(LookupError):
            group.wait()
        assert outcomes(group.results) == ["failed", "complete"]
    assert not caplog.records


@pytest.mark.usefixtures("breaks_on_a")
def test_what_nobody_foresaw_is_logged_where_nobody_waits(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    settings = held("a", "b")
    with SyncService(store, settings, RUNTIME) as service:
        ids = [run.record.run_id for run in service.start(None)]
        service.start_chosen([]).wait()
        broken, well = map(service.get, ids)
        assert (broken.outcome, well.outcome) == ("failed", "complete")
        assert broken.reason == "The run failed unexpectedly. The server's log says where."
    assert "LookupError" in caplog.text


def test_to_stop_ends_each_run_after_its_page_and_the_next_one_resumes(store: Store) -> None:
    gate = Gate()
    Held.gates["a"] = gate.wait
    settings = held("a", "b", account="shared")
    asked = threading.Event()
    service = SyncService(store, settings, RUNTIME, should_stop=asked.is_set)
    first, second = service.start(None)
    assert gate.reached.wait(30)
    asked.set()
    gate.opened.set()
    service.stop()
    for started in (first, second):
        run = service.get(started.record.run_id)
        assert (run.outcome, run.reason, run.was_stopped) == ("partial", "It was stopped.", True)
        assert run.exit_code is None
    recorded = find_run(store, first.record.run_id)
    assert recorded is not None
    assert recorded.reason == "It was stopped. The next run resumes from there."
    assert find_run(store, second.record.run_id) is None  # it never began
    with SyncService(store, settings, RUNTIME) as later:
        run, _ = later.start_chosen(settings.connections()).wait()
        assert run.outcome == "complete"
        assert any("resumes after" in notice for notice in run.notices)
        found = later.get(first.record.run_id)
        assert (found.outcome, found.exit_code, found.is_recorded) == ("partial", None, True)


def test_an_interrupt_reaches_whoever_waits_while_runs_go_on(store: Store) -> None:
    gate = Gate()

    def interrupt() -> None:
        # As Ctrl-C does: a signal that wakes the main thread, which waits.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        gate.wait()

    Held.gates["a"] = interrupt
    settings = held("a")
    asked = threading.Event()
    with SyncService(store, settings, RUNTIME, should_stop=asked.is_set) as service:
        group = service.start_chosen(settings.connections())
        with pytest.raises(KeyboardInterrupt):
            group.wait()
        asked.set()
        gate.opened.set()
        (run,) = group.wait()
        assert run.was_stopped


def test_a_run_reads_the_same_from_json_and_names_what_the_api_documents(store: Store) -> None:
    settings = settings_of({"name": "a", "connector": "below"})
    with SyncService(store, settings, RUNTIME) as service:
        (run,) = service.start_chosen(settings.connections()).wait()
    view = view_of(run)
    documented = SyncRunJson.model_validate(view, from_attributes=True).model_dump(mode="json")
    assert views_of([documented])[0] == view
    assert set(RunView.__struct_fields__) == set(SyncRunJson.model_fields)
    assert StreamCounts.__struct_fields__ == tuple(SyncStreamJson.model_fields)
    # An earlier version did not count these.
    for stream in documented["streams"]:
        del stream["changed"], stream["gone"]
    assert views_of([documented])[0].streams[0].changed is None
