"""The image is built as the Dockerfile says, and runs with no more rights than pages say."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.command import CANARY_KEY
from support.image import (
    USER,
    Container,
    build_image,
    container,
    owned_by_the_user,
    podman,
    require_parts,
    run_once,
)
from support.newsletter import CONNECTION, KEY_NAME, Newsletter
from support.read_yaml import read_yaml
from support.unit_filter import seccomp_profile

from regulars.clock import system_clock
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import BeehiivApi, SimulatedClock, World, serving

pytestmark = pytest.mark.servers

WORLD = World(7, subscribers=60, spike=False, posts=12, started=system_clock() - 12 * 7 * DAY)
UNIT = Path(__file__).parents[2] / "docs" / "how-to" / "run-for-good" / "regulars.service"
MOST_MIB = 800
PATIENCE = 60.0
STOP_SECONDS = 10


@pytest.fixture(scope="module")
def image() -> str:
    require_parts()
    return build_image()


@pytest.fixture(scope="module")
def data(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as the page says to prepare it, with a provider that answers by the real clock."""
    folder = tmp_path_factory.mktemp("container") / "data"
    folder.mkdir()
    letters = Newsletter(folder, WORLD, SimulatedClock(WORLD.ended_at))
    with serving(BeehiivApi(WORLD, system_clock)) as url:
        letters.api_url = f"{url}/v2"
        text = letters.settings_text() + 'sync = "every 5 minutes"\n\n[server]\nport = 0\n'
        (folder / "regulars.toml").write_text(text)
        owned_by_the_user(folder)
        yield folder


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Container]:
    with container("regulars-test-served", data, "--env", f"{KEY_NAME}={CANARY_KEY}") as running:
        wait_for_health(running)
        yield running


def wait_for_health(running: Container) -> None:
    """Until the image's own health check passes. The bound is for one that never does."""
    end = time.monotonic() + PATIENCE
    while not running.is_healthy():
        assert running.inspected()["State"]["Running"], running.logs()
        assert time.monotonic() < end, running.logs()


def inspected(image: str) -> Any:
    return json.loads(podman("image", "inspect", image))[0]


def test_it_names_an_ordinary_user_one_volume_and_a_health_check(image: str) -> None:
    said = inspected(image)
    config = said["Config"]
    assert config["User"] == f"{USER}:{USER}"
    assert list(config["Volumes"]) == ["/data"]
    assert config["Cmd"] == ["regulars", "serve"]
    assert said["Healthcheck"]["Test"][0] == "CMD"


def test_it_holds_nothing_of_where_it_was_built(image: str) -> None:
    history = podman("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    config = json.dumps(inspected(image)["Config"])
    for said in ("PIP_", "find-links", "index-url", "PROXY", "proxy="):
        assert said not in history
        assert said not in config
    assert run_once_of(image, "find", "/etc", "-name", "pip.conf", "-size", "+0") == ""
    assert run_once_of(image, "find", "/mnt", "-mindepth", "1") == ""


def run_once_of(image: str, *words: str) -> str:
    return podman("run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
                  "--network", "none", "--user", "0", image, *words)  # fmt: skip


def test_it_holds_no_pip_no_compiler_and_stays_small(image: str) -> None:
    found = run_once_of(image, "sh", "-c", "ls /opt/regulars/bin; command -v gcc cc || true")
    assert "regulars" in found.split()
    assert not {"pip", "pip3", "gcc", "cc"} & set(found.split())
    assert inspected(image)["Size"] < MOST_MIB * 2**20


def test_it_is_unhealthy_while_it_does_not_answer(served: Container) -> None:
    served.signal("STOP")
    try:
        assert not served.is_healthy()
    finally:
        served.signal("CONT")
    assert served.is_healthy()


def test_it_is_unhealthy_while_its_data_cannot_be_read(image: str, tmp_path: Path) -> None:
    """It has no connection, so that nothing is written meanwhile."""
    (tmp_path / "regulars.toml").write_text("[server]\nport = 0\n")
    owned_by_the_user(tmp_path)
    with container("regulars-test-without-data", tmp_path) as running:
        wait_for_health(running)
        running.run("mv", "/data/store/journal", "/data/store/away")
        assert not running.is_healthy()
        assert running.inspected()["State"]["Running"]
        running.run("mv", "/data/store/away", "/data/store/journal")
        assert running.is_healthy()


def test_it_runs_as_that_user_without_any_right(served: Container) -> None:
    status = served.run("cat", "/proc/1/status")
    said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert said["Uid"].split() == [str(USER)] * 4
    assert said["Gid"].split() == [str(USER)] * 4
    assert {said[name] for name in said if name.startswith("Cap")} == {"0" * 16}
    assert said["NoNewPrivs"] == "1"
    assert said["Seccomp"] == "2"


def test_it_writes_nowhere_but_into_its_folder(served: Container) -> None:
    # Folders of the root alone: /data, /tmp, /proc and /dev are mounted.
    writable = served.run("sh", "-c", "find / -xdev -writable -not -type l 2>/dev/null || true")
    assert set(writable.split()) <= {"/data", "/dev", "/proc", "/tmp"}
    served.run("sh", "-c", "touch /touched 2>/dev/null", code=1)
    served.run("sh", "-c", "touch /data/touched /tmp/touched && rm /data/touched /tmp/touched")


def test_its_scheduled_sync_is_seen(served: Container, data: Path) -> None:
    """Nobody asks for it: the schedule of the server does."""
    url, run = scheduled_run(served, data)
    assert run["state"] == "complete"
    (line,) = httpx.get(f"{url}/api/v1/schedule", timeout=30).json()["items"]
    assert line["connection"] == CONNECTION
    assert line["next_at"] > run["started_at"]
    assert httpx.get(f"{url}/p/letters", timeout=60).status_code == 200


def scheduled_run(running: Container, data: Path) -> tuple[str, dict[str, Any]]:
    """Where the service listens, and the first run that its schedule began, once it has ended."""
    url = json.loads((data / "store" / "lock").read_text())["url"]
    end = time.monotonic() + PATIENCE
    while True:
        runs = httpx.get(f"{url}/api/v1/sync-runs", timeout=30).json()["items"]
        if ended := [run for run in runs if run["state"] != "running"]:
            return url, ended[-1]
        assert time.monotonic() < end, running.logs()
        time.sleep(0.1)


def test_it_serves_beyond_loopback_as_compose_sets_it_up(image: str, tmp_path: Path) -> None:
    asked = read_yaml(UNIT.with_name("compose.yaml"))["services"]["regulars"]
    data, settings, secret = (tmp_path / name for name in ("data", "regulars.toml", "key"))
    data.mkdir()
    settings.write_text("")
    secret.write_text("anything\n")
    owned_by_the_user(tmp_path)
    options = [
        "--volume", f"{settings}:/etc/regulars/regulars.toml:ro",
        "--volume", f"{secret}:/run/secrets/beehiiv-api-key:ro",
    ]  # fmt: skip
    for name, value in asked["environment"].items():
        said = "regulars.example.org" if value.startswith("${PUBLIC_HOST") else value
        options += ["--env", f"{name}={said}"]
    run_once(data, options, "regulars", "serve", code=3)  # nobody could use it yet
    key = run_once(data, options, "regulars", "keys", "add", "the site").strip()
    with container("regulars-test-compose", data, *options, network="none") as running:
        wait_for_health(running)
        # As `docker exec` does: the commands ask the server, which holds the store.
        second = running.run("regulars", "keys", "add", "a script").strip()
        keys = json.loads(running.run("regulars", "keys", "list", "--json"))["keys"]
        assert [one["name"] for one in keys] == ["the site", "a script"]
        ask = ("python", "-c", ASK, "regulars.example.org", key, second, "wrong")
        assert running.run(*ask).split() == ["200", "200", "401"]
        running.run("regulars", "keys", "revoke", keys[1]["id"])
        assert running.run(*ask).split() == ["200", "401", "401"]
        link = running.run("regulars", "sign-in").strip()
        assert link.startswith("https://regulars.example.org/sign-in?link=")


ASK = """
import sys, urllib.error, urllib.request
for key in sys.argv[2:]:
    headers = {"Host": sys.argv[1], "Authorization": f"Bearer {key}"}
    url = "http://127.0.0.1:8765/api/v1/publications"
    try:
        print(urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


def test_it_ends_by_itself_within_the_time_that_a_stop_gives(image: str, tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text("[server]\nport = 0\n")
    owned_by_the_user(tmp_path)
    with container("regulars-test-stopped", tmp_path) as running:
        wait_for_health(running)
        assert running.stop(STOP_SECONDS) == 0  # killed, it would be 137


def test_it_works_with_no_other_system_calls_than_the_unit_of_systemd_allows(
    data: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps(seccomp_profile(UNIT)))
    own = tmp_path / "data"
    own.mkdir()
    shutil.copy(data / "regulars.toml", own)
    owned_by_the_user(own)
    options = ("--security-opt", f"seccomp={profile}", "--env", f"{KEY_NAME}={CANARY_KEY}")
    with container("regulars-test-filtered", own, *options) as running:
        wait_for_health(running)
        # What the unit forbids is forbidden here too, so the profile is in force.
        running.run("python", "-c", "import os; os.setpriority(0, 0, 5)", code=1)
        running.run("python", "-c", "import mmap; mmap.mmap(-1, 4096, prot=7)", code=1)
        running.run("python", "-c", "import mmap; mmap.mmap(-1, 4096, prot=3)")
        _, run = scheduled_run(running, own)
        assert run["state"] == "complete"
        running.run("regulars", "report", "house", "--publication", "letters")
        assert running.stop(STOP_SECONDS) == 0
