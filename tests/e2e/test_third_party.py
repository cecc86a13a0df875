"""A third-party connector that misbehaves is named and contained, and nothing stored is lost.

Its package is installed as any other: modules and metadata on the module path, found by entry
point. Each case begins with a healthy sync, meets the trouble, and ends with a healthy one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.command import Said, run
from support.newsletter import tables
from support.third_party import install_hostile, settings_text
from support.worlds import EARLIEST_WORLD

from regulars.connections import guarded
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY, from_iso

pytestmark = pytest.mark.long

NOW = from_iso("2026-03-02T09:00:00Z")


@dataclass
class ThirdParty:
    """A folder with a settings file, and a store that a healthy sync has filled."""

    folder: Path
    before: dict[str, list[str]]

    def settings(self, trouble: str, stream: str = "subscriptions", **more: Any) -> None:
        text = settings_text(trouble, stream, **more)
        (self.folder / "regulars.toml").write_text(text)

    def sync(self, *words: str) -> Said:
        return run(self.folder / "regulars.toml", "sync", *words)

    def tables(self) -> dict[str, list[str]]:
        return tables(self.folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = install_hostile(tmp_path_factory.mktemp("installed") / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(made))
        yield made


@pytest.fixture(scope="module")
def healthy(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("healthy")
    (folder / "regulars.toml").write_text(settings_text("", "subscriptions"))
    now = [NOW]
    runtime = Runtime(clock=lambda: now[0], sleep=lambda _: None, unpaced=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regulars.clock.real_runtime", lambda: runtime)
        patch.setattr("regulars.clock.system_clock", runtime.clock)
        patch.setattr("regulars.clock.RELEASED", EARLIEST_WORLD)
        assert run(folder / "regulars.toml", "sync").code == 0
        now[0] += DAY
        yield folder


@pytest.fixture
def third_party(healthy: Path, tmp_path: Path) -> ThirdParty:
    folder = tmp_path / "work"
    shutil.copytree(healthy, folder)
    return ThirdParty(folder, tables(folder))


def assert_contained(third_party: ThirdParty, said: Said, *words: str) -> dict[str, Any]:
    """The third party's run is named; its neighbour is complete; what was stored is as it was."""
    theirs, neighbour = said.json["runs"]
    assert neighbour["state"] == "complete"
    assert theirs["state"] in ("partial", "failed")
    told = f"{theirs['reason']} {said.err}"
    for word in ("'hostile'", *words):
        assert word in told, told
    assert "anna" not in told + said.out
    assert "To do: " in said.err
    assert third_party.tables() == third_party.before
    third_party.settings("")
    healed = third_party.sync()
    assert healed.code == 0, healed
    assert third_party.tables() == third_party.before
    found: dict[str, Any] = theirs
    return found


@pytest.mark.parametrize(
    ("trouble", "field"),
    [
        ("wrong-type-first", "joined_at must be int or None, not str"),
        ("wrong-type-inside", "record 5 of 10 joined_at must be int or None, not str"),
        ("wrong-number-inside", "email must be str or None, not int"),
        ("wrong-record-inside", "must be a Subscription, not Post"),
        ("no-record-inside", "must be a Subscription, not dict"),
        ("unknown-word-inside", "status has an unknown value (allowed: active, bounced"),
        ("no-id-inside", "id must be str, not NoneType"),
        ("impossible-time-inside", "joined_at is outside the years 1 to 9999"),
        ("too-large-inside", "joined_at must fit into 64 bits"),
        ("surrogate-inside", "name holds half a character"),
        ("odd-cursor", "Page.cursor holds half a character"),
        ("no-page", "pages() must yield Page objects, not dict"),
        ("no-moment", "Page.fetched_at must be microseconds since 1970, but looks like seconds"),
        ("no-zone-inside", "record 5 of 10 joined_at must be int or None, not datetime"),
        ("odd-total", "Page.total must be 0 or more"),
        ("odd-notices", "Page.notices must be a sequence, not NoneType"),
        ("odd-set-aside", "Page.quarantined[0].id must be str or None, not int"),
        ("gives-none", "pages() must yield Page objects, not NoneType"),
        ("whole-parts", "walks() must return a whole walk alone"),
        ("walks-mapped", "walks() must return a sequence, not dict"),
        ("without-text", "InvalidResponse at hostile_connector.py, line "),
    ],
)
def test_a_connector_that_yields_wrong_types(
    third_party: ThirdParty, trouble: str, field: str
) -> None:
    third_party.settings(trouble)
    said = third_party.sync("--json")
    assert said.code == 6
    theirs = assert_contained(third_party, said, "stream subscriptions", field, "connector_broken")
    outcomes = {stream["stream"]: stream["outcome"] for stream in theirs["streams"]}
    assert outcomes == {"posts": "window", "subscriptions": "failed", "signals": "events"}


@pytest.mark.parametrize("trouble", ["empty-id-first", "empty-id-inside", "long-id-inside"])
def test_a_row_with_an_odd_id_is_set_aside(third_party: ThirdParty, trouble: str) -> None:
    """The row is the provider's fault: all others are kept, and the connector is not blamed."""
    third_party.settings(trouble)
    said = third_party.sync("--json")
    theirs, neighbour = said.json["runs"]
    assert neighbour["state"] == "complete"
    assert theirs["error"] is None
    streams = {stream["stream"]: stream for stream in theirs["streams"]}
    assert streams["subscriptions"]["quarantined"] == 1
    assert "could not be read" in third_party.sync().out
    assert third_party.tables() == third_party.before
    assert (theirs["state"], streams["subscriptions"]["outcome"]) == ("complete", "window")


def test_long_words_are_cut_and_the_run_says_so(third_party: ThirdParty) -> None:
    third_party.settings("long-name-inside")
    said = third_party.sync("--json")
    assert said.code == 0
    theirs, _ = said.json["runs"]
    assert theirs["notices"] == ["subscriptions: 1 text of more than 64 KiB was cut."]
    (row,) = (row for row in third_party.tables()["words"] if "nnnn" in row)
    assert "n" * 65_533 + "…" in row
    assert "n" * 65_534 not in row


def test_a_connector_that_yields_wrong_types_of_signals(third_party: ThirdParty) -> None:
    third_party.settings("wrong-record-inside", "signals")
    said = third_party.sync("--json")
    assert_contained(third_party, said, "stream signals", "must be a Signal, not Post")


def test_a_connector_that_yields_the_same_id_twice(third_party: ThirdParty) -> None:
    third_party.settings("same-id-twice")
    said = third_party.sync("--json")
    assert said.code == 0
    theirs, _ = said.json["runs"]
    assert theirs["notices"] == [
        "subscriptions: 2 rows came twice in the same walk. The later one counts."
    ]
    after = third_party.tables()
    assert len(after["subscriptions"]) == len(third_party.before["subscriptions"])
    assert sum("mended" in row for row in after["subscriptions"]) == 1


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("endless-new", "the walk went on for more than 300 pages"),
        ("endless-same", "its pages repeat and bring nothing new"),
        ("endless-circle", "the same cursor came twice"),
        ("endless-empty", "pages in a row are empty"),
        ("endless-walks", "walks() must return at most 100,000 of them"),
        ("never-last", "a page follows the last one, which is the page without a cursor"),
    ],
)
def test_a_connector_with_endless_pages(
    third_party: ThirdParty, monkeypatch: pytest.MonkeyPatch, trouble: str, words: str
) -> None:
    monkeypatch.setattr(guarded, "MAX_PAGES", 300)
    monkeypatch.setattr(guarded, "EMPTY_PAGES", 200)
    third_party.settings(trouble)
    said = third_party.sync("--json")
    assert said.code == 6
    assert_contained(third_party, said, words)


@pytest.mark.parametrize(
    ("trouble", "where", "kind"),
    [
        ("raises-in-pages", "pages() of the stream subscriptions", "KeyError"),
        ("exits-in-pages", "pages() of the stream subscriptions", "SystemExit"),
        ("no-exception-in-pages", "pages() of the stream subscriptions", "CancelledError"),
        ("library-in-pages", "pages() of the stream subscriptions", "JSONDecodeError"),
        ("raises-in-walks", "walks() of the stream subscriptions", "RuntimeError"),
        ("raises-in-streams", "streams()", "RuntimeError"),
        ("unknown-stream", "streams()", "Stream.name has an unknown value"),
        (
            "stream-twice",
            "streams()",
            "the stream subscriptions once, not twice",
        ),
        ("raises-in-init", "its constructor", "RuntimeError"),
        ("exits-in-init", "its constructor", "SystemExit"),
    ],
)
def test_a_connector_that_raises_an_exception(
    third_party: ThirdParty, trouble: str, where: str, kind: str
) -> None:
    third_party.settings(trouble)
    said = third_party.sync("--json")
    assert said.code in (1, 6)
    if kind.endswith(("Error", "Exit")):
        kind = f"{kind} at hostile_connector.py, line "
    assert_contained(third_party, said, where, kind, "connector_broken")


def test_words_that_cannot_be_printed_or_kept_are_made_plain(third_party: ThirdParty) -> None:
    third_party.settings("half-a-word")
    said = third_party.sync("--json")
    theirs, neighbour = said.json["runs"]
    assert (theirs["state"], neighbour["state"]) == ("partial", "complete")
    assert theirs["reason"] == "The provider said \ufffd\ufffd[31m red."
    assert third_party.tables() == third_party.before


def test_a_connector_that_fills_one_list_again_for_each_page(third_party: ThirdParty) -> None:
    """A part may hold several pages; what it does to the list afterwards concerns nobody."""
    third_party.settings("fills-again")
    text = (third_party.folder / "regulars.toml").read_text()
    (third_party.folder / "regulars.toml").write_text(
        text.replace("part_rows = 10", "part_rows = 90")
    )
    said = third_party.sync("--json")
    assert said.code == 0
    theirs, _ = said.json["runs"]
    assert [stream["seen"] for stream in theirs["streams"]] == [40, 40, 40]
    assert theirs["notices"] == []
    assert third_party.tables() == third_party.before


def test_what_a_connector_prints_is_no_result(third_party: ThirdParty) -> None:
    third_party.settings("prints")
    said = third_party.sync("--json")
    assert said.code == 0
    assert [one["state"] for one in said.json["runs"]] == ["complete", "complete"]
    assert "a page" not in said.out
    assert "a page" in said.err


def test_a_connector_that_raises_when_it_is_closed(third_party: ThirdParty) -> None:
    third_party.settings("raises-in-close")
    said = third_party.sync("--json")
    assert said.code == 0
    assert [one["state"] for one in said.json["runs"]] == ["complete", "complete"]


def test_a_connector_whose_settings_are_no_model(third_party: ThirdParty) -> None:
    third_party.settings("", connector="odd")
    said = third_party.sync("--json")
    theirs, neighbour = said.json["runs"]
    assert (theirs["state"], neighbour["state"]) == ("failed", "complete")
    assert "'odd' broke its contract in its constructor" in theirs["reason"]


def test_a_connector_that_cannot_be_imported(third_party: ThirdParty) -> None:
    third_party.settings("", connector="broken-import")
    said = third_party.sync("--json")
    assert said.code == 3
    theirs, neighbour = said.json["runs"]
    assert (theirs["state"], neighbour["state"]) == ("failed", "complete")
    assert "'broken-import' is installed but cannot be loaded" in theirs["reason"]
    assert "canary" not in said.out + said.err


def test_doctor_names_a_connector_that_raises(third_party: ThirdParty) -> None:
    third_party.settings("raises-in-preflight")
    said = run(third_party.folder / "regulars.toml", "doctor", "--json")
    assert said.code == 1
    broken = [one for one in said.json["findings"] if one["verdict"] == "error"]
    assert [one["name"] for one in broken] == ["third-party"]
    assert "preflight(): RuntimeError at hostile_connector.py" in broken[0]["text"]
    third_party.settings("", connector="broken-import")
    said = run(third_party.folder / "regulars.toml", "doctor", "--json")
    assert [one["verdict"] for one in said.json["findings"][-2:]] == ["error", "ok"]


def test_a_running_server_survives_a_connector(third_party: ThirdParty, site: Path) -> None:
    """In a process of its own: one run each that exits, raises, runs in a circle; then reports."""
    for trouble in ("exits-in-pages", "raises-in-init", "endless-circle"):
        third_party.settings(trouble)
        with (
            _served(third_party.folder, site) as url,
            httpx.Client(base_url=url, trust_env=False) as client,
        ):
            runs = client.post("/api/v1/sync-runs", json={}).json()["items"]
            ended = [_ended(client, one["id"]) for one in runs]
            states = {one["connection"]: one["state"] for one in ended}
            assert states["neighbour"] == "complete"
            assert states["third-party"] in ("partial", "failed")
            house = client.get("/api/v1/publications/letters/reports/house")
            assert house.status_code == 200
            again = client.post("/api/v1/sync-runs", json={"connection": "third-party"})
            assert again.status_code == 202
            _ended(client, again.json()["items"][0]["id"])
    assert third_party.tables() == third_party.before


@contextmanager
def _served(folder: Path, site: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "regulars.cli", "--config", str(folder / "regulars.toml")]
    environment = os.environ | {"PYTHONPATH": str(site)}
    with subprocess.Popen(
        [*command, "serve", "--no-schedule"], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Serving at "), line
        try:
            yield line.split()[2]
        finally:
            process.terminate()


def _ended(client: httpx.Client, run_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = client.get(f"/api/v1/sync-runs/{run_id}").json()
        if found["state"] != "running":
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)
