"""Many connections in one process: one pacer for an account, accounts side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from support.command import CANARY_KEY, run
from support.newsletter import KEY_NAME
from support.organisation import Provider, organisation
from support.processes import rest_of, said_until

from regulars.settings import load_settings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars.sync.service import SyncService
from regulars_connectors.contract import Runtime
from regulars_connectors.http import Pacers
from regulars_connectors.instants import SECOND
from regulars_connectors.simulator import (
    Handler,
    Organisation,
    Request,
    Response,
    SimulatedClock,
    serving,
)

pytestmark = pytest.mark.long

PER_MINUTE = 120


class FakeTime:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds

    def tick(self) -> int:
        return round(self.seconds * SECOND)


@contextmanager
def under_quota_of(per_minute: int, asked_at: list[float]) -> Iterator[tuple[Provider, FakeTime]]:
    """Four publications under one key and one quota, in time that is not real."""
    passing = FakeTime()

    def runtime(clock: SimulatedClock) -> Runtime:
        return Runtime(clock=clock, sleep=passing.sleep, pacers=Pacers(passing))

    with organisation(4, 150, quota=per_minute, tick=passing.tick, runtime=runtime) as provider:
        inner = provider.api

        def noting(request: Request) -> Response:
            asked_at.append(passing.seconds)
            return inner(request)

        provider.api = noting
        yield provider, passing


def pace(per_minute: int) -> dict[str, str]:
    return {f"pub_{number}": f"requests_per_minute = {per_minute}" for number in range(1, 5)}


def assert_even(asked_at: list[float], spacing: float) -> None:
    gaps = [after - before for before, after in pairwise(asked_at)]
    assert len(gaps) > 20
    assert min(gaps) >= spacing - 1e-6


def test_publications_under_one_key_share_one_pacer_and_never_meet_the_quota(
    tmp_path: Path,
) -> None:
    asked_at: list[float] = []
    with under_quota_of(PER_MINUTE, asked_at) as (provider, _):
        folder = provider.folder(tmp_path / "made", **pace(PER_MINUTE))
        said = run(folder / "regulars.toml", "sync")
        assert said.code == 0
        assert said.out.count(": complete") == 4
        assert provider.refused == []
        assert_even(asked_at, 60 / PER_MINUTE)
        # One after the other: the requests of a publication are never mixed with another's.
        ids = [request.path.split("/")[3] for request in provider.asked]
        assert len(list(groupby(ids))) == 4


def test_the_slowest_setting_of_an_account_holds_for_all_of_it(tmp_path: Path) -> None:
    asked_at: list[float] = []
    with under_quota_of(PER_MINUTE, asked_at) as (provider, _):
        more = pace(PER_MINUTE) | {"pub_1": "requests_per_minute = 30"}
        folder = provider.folder(tmp_path / "made", **more)
        assert run(folder / "regulars.toml", "sync").code == 0
        assert_even(asked_at, 2.0)


def test_pacers_that_do_not_know_each_other_are_refused_so_the_test_can_fail(
    tmp_path: Path,
) -> None:
    with under_quota_of(12, []) as (provider, _):
        more = {
            name: f'account = "{name}"\nrequests_per_minute = 6000' for name in pace(PER_MINUTE)
        }
        folder = provider.folder(tmp_path / "made", **more)
        run(folder / "regulars.toml", "sync")
        assert provider.refused


def test_runs_of_a_server_share_it_as_well(tmp_path: Path) -> None:
    asked_at: list[float] = []
    with under_quota_of(PER_MINUTE, asked_at) as (provider, _):
        folder = provider.folder(tmp_path / "made", **pace(PER_MINUTE))
        settings = load_settings(folder / "regulars.toml")
        assert provider.runtime is not None
        with Store(settings.store) as store:
            runs = SyncService(store, settings, provider.runtime)
            started = runs.start(None)
            ids = [one.record.run_id for one in started]
            while any(runs.get(run_id).outcome == "running" for run_id in ids):
                time.sleep(0.01)
            assert [runs.get(run_id).outcome for run_id in ids] == ["complete"] * 4
            runs.stop()
            assert verify_store(store) == []
        assert provider.refused == []
        assert_even(asked_at, 60 / PER_MINUTE)


# Several accounts


@contextmanager
def two_accounts(
    tmp_path: Path, wrap: list[Handler] | None = None
) -> Iterator[tuple[Path, Provider]]:
    """Two publications at two addresses under two keys; ``wrap`` stands before the faces."""
    with organisation(2, 300) as provider, ExitStack() as stack:
        apis = wrap or [Organisation(provider.apis)] * 2
        urls = [stack.enter_context(serving(api)) for api in apis]
        text = provider.settings_text()
        first, second = text.split("[[publications]]")[1:]
        second = second.replace(KEY_NAME, "OTHER_KEY").replace(provider.api_url, f"{urls[1]}/v2")
        first = first.replace(provider.api_url, f"{urls[0]}/v2")
        folder = tmp_path / "made"
        folder.mkdir()
        head = text.partition("[[publications]]")[0]
        (folder / "regulars.toml").write_text(
            f"{head}[[publications]]{first}[[publications]]{second}"
        )
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("OTHER_KEY", f"{CANARY_KEY}-other")
        yield folder, provider


def test_accounts_are_asked_side_by_side_and_the_store_holds_together(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=30)
    inner: list[Handler] = []

    def meets_the_other(number: int) -> Handler:
        first = [True]

        def api(request: Request) -> Response:
            if first[0]:
                first[0] = False
                meeting.wait()  # broken, and so a failed run, if one waited for the other
            return inner[0](request)

        return api

    with two_accounts(tmp_path, [meets_the_other(0), meets_the_other(1)]) as (folder, provider):
        inner.append(Organisation(provider.apis))
        said = run(folder / "regulars.toml", "sync")
        assert said.code == 0
        assert [line for line in said.out.splitlines() if not line.startswith(" ")] == [
            "pub-1-beehiiv: complete", "pub-2-beehiiv: complete",
        ]  # fmt: skip
        assert "done (1 of 2)" in said.err
        assert "done (2 of 2)" in said.err
        assert run(folder / "regulars.toml", "verify").code == 0


def test_trouble_of_one_account_leaves_the_other_alone(tmp_path: Path) -> None:
    def refuses(request: Request) -> Response:
        return Response(401, b"{}")

    def passes(request: Request) -> Response:
        return inner[0](request)

    inner: list[Handler] = []
    with two_accounts(tmp_path, [refuses, passes]) as (folder, provider):
        inner.append(Organisation(provider.apis))
        said = run(folder / "regulars.toml", "sync", "--json")
        assert said.code == 4
        assert [one["state"] for one in said.json["runs"]] == ["failed", "complete"]
        assert said.json["runs"][0]["error"]["code"] == "key_refused"
        text = (folder / "regulars.toml").read_text()
        (folder / "regulars.toml").write_text(text.replace('"OTHER_KEY"', '"NOT_SET_AT_ALL"'))
        said = run(folder / "regulars.toml", "sync")
        assert "pub-2-beehiiv: failed (The environment variable NOT_SET_AT_ALL" in said.out
        assert said.three_lines("key_refused")


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_with_accounts_side_by_side(tmp_path: Path, presses: int) -> None:
    inner: list[Handler] = []
    seconds = 0.3 if presses == 1 else 15.0
    healed = threading.Event()
    asked_late: set[str] = set()

    def slow(request: Request) -> Response:
        response = inner[0](request)
        late = request.path.endswith("/subscriptions") and "cursor" in dict(request.query)
        if late:
            asked_late.add(request.path)
        return replace(response, delay_seconds=seconds * (late and not healed.is_set()))

    with two_accounts(tmp_path, [slow, slow]) as (folder, provider):
        inner.append(Organisation(provider.apis))
        command = [sys.executable, "-m", "regulars.cli", "--config"]
        process = subprocess.Popen(
            [*command, str(folder / "regulars.toml"), "sync"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while len(asked_late) < 2:  # both wait for a second page, the first is a part on disk
            assert time.monotonic() < deadline
            time.sleep(0.02)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        err = said_until(process, "Stopping after this page.")
        if presses == 2:
            process.send_signal(signal.SIGINT)
        out, rest = rest_of(process)
        err += rest
        assert process.returncode == 130, err
        assert "Stopping after this page." in err
        if presses == 1:
            assert "and the next sync resumes there." in err
            assert out.count("partial (It was stopped.)") >= 1
        else:
            assert "Stopped at once. The store is consistent" in err
            assert time.monotonic() - asked < 10
        healed.set()
        # With the same clock as before: one that is set back is refused.
        again = [*command, str(folder / "regulars.toml"), "sync"]
        subprocess.run(again, check=True, capture_output=True, timeout=120)
        assert run(folder / "regulars.toml", "verify").code == 0
