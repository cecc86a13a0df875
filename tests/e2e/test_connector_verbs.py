"""`regulars connector list` and `check`, against a provider on loopback and hostile packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import CANARY_KEY, run
from support.newsletter import CONNECTION, KEY_NAME, FaultyProvider, stored
from support.third_party import install_hostile

from regulars_connectors.conformance import PROMISES


@pytest.fixture(scope="module", autouse=True)
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    made = install_hostile(tmp_path_factory.mktemp("installed") / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(made))
        yield


def test_list_names_every_connector_and_what_cannot_be_loaded() -> None:
    found = {
        one["name"]: one for one in run(None, "connector", "list", "--json").json["connectors"]
    }
    assert {"beehiiv", "files", "hostile", "broken-import"} <= set(found)
    assert found["hostile"]["package"] == "regulars-hostile 1.0"
    assert found["hostile"]["fault"] is None
    assert "RuntimeError" in found["broken-import"]["fault"]
    said = run(None, "connector", "list")
    assert "hostile_connector:HostileConnector" in said.out


@pytest.mark.long
def test_check_takes_the_settings_of_a_connection_and_stores_nothing(
    faulty_provider: FaultyProvider,
) -> None:
    folder = faulty_provider.fresh()
    before = stored(folder)
    said = faulty_provider.letters.run(folder, "connector", "check", "beehiiv", "--json")
    assert said.json["broken"] == 0
    assert {one["name"] for one in said.json["verdicts"]} == set(PROMISES)
    named = ("--connection", CONNECTION)
    again = faulty_provider.letters.run(folder, "connector", "check", "beehiiv", *named)
    assert "beehiiv keeps its promises." in again.err
    assert stored(folder) == before


def test_check_takes_settings_from_the_command_line_but_no_secrets(
    faulty_provider: FaultyProvider,
) -> None:
    letters = faulty_provider.letters
    options = [f"publication_id={letters.world.publication_id}", f"base_url={letters.api_url}"]
    words = [word for option in options for word in ("--set", option)]
    check = ("connector", "check", "beehiiv", *words)
    faulty_provider.fresh()
    assert run(None, *check, "--set", f"api_key=env:{KEY_NAME}").code == 0
    said = run(None, *check, "--set", f"api_key={CANARY_KEY}")
    assert said.code == 2
    assert "--set api_key=env:VARIABLE" in said.three_lines("parameter_wrong")["to_do"]


@pytest.mark.parametrize(
    ("trouble", "promise"),
    [
        ("wrong-type-inside", "field-types"),
        ("wrong-record-inside", "records-of-stream"),
        ("no-id-inside", "ids-given"),
        ("endless-same", "walk-ends"),
        ("endless-circle", "cursor-advances"),
        ("raises-in-pages", "errors-of-family"),
        ("raises-in-init", "errors-of-family"),
        ("raises-in-close", "close"),
        ("unknown-stream", "streams-known"),
    ],
)
def test_check_names_the_broken_promise(trouble: str, promise: str) -> None:
    said = run(None, "connector", "check", "hostile", "--set", f"trouble={trouble}", "--json")
    assert said.code == 1
    broken = {one["name"] for one in said.json["verdicts"] if one["verdict"] == "error"}
    assert promise in broken
    assert "anna@" not in said.out


def test_check_of_a_class_whose_settings_are_no_model() -> None:
    said = run(None, "connector", "check", "odd")
    assert said.code == 1
    assert "error    class-shape" in said.out


def test_check_of_a_healthy_third_party() -> None:
    said = run(None, "connector", "check", "hostile", "--set", "trouble=")
    assert said.code == 0, said.out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("no-such",), 2, "There is no connector named 'no-such'"),
        (("broken-import", "--set", "x=1"), 3, "cannot be loaded"),
        (("hostile",), 2, "No connection in the settings uses 'hostile'"),
        (("hostile", "--set", "colour=red"), 2, "colour: is not a setting"),
        (("hostile", "--set", "colour"), 2, "--set needs NAME=VALUE"),
        (("hostile", "--connection", "nowhere"), 2, "no connection named 'nowhere'"),
        (("hostile", "--connection", "x", "--set", "a=b"), 2, "either --connection or --set"),
        (("files", "--set", "folder=no-such-folder"), 3, "cannot be read"),
    ],
)
def test_wrong_use_of_check_is_said(
    words: tuple[str, ...], code: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run(None, "connector", "check", *words)
    assert (said.code, told in said.err) == (code, True), said


def test_check_ends_with_the_code_of_what_stopped_it(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("refused-key")
    said = faulty_provider.letters.run(folder, "connector", "check", "beehiiv", "--json", code=4)
    assert said.json["error"]["code"] == "key_refused"
