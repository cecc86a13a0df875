"""`regulars init` as a person types it and as a script calls it, against a simulated beehiiv."""

from __future__ import annotations

import re
import signal
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr, field_validator
from support.command import CANARY_KEY, Said, run
from support.organisation import Provider, organisation
from support.terminal import Terminal

from regulars.settings import load_settings, resolve_options
from regulars_connectors import AvailablePublication, ConnectionSettings, Runtime, registry

VARIABLE = "BEEHIIV_API_KEY"
ZONE = "Europe/Lisbon"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with organisation(3) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def typed(provider: Provider, *answers: str, code: int = 0, words: tuple[str, ...] = ()) -> Said:
    """init with these answers, one a line."""
    command = ["init", "--base-url", provider.api_url, *words]
    said = run(None, *command, typed="".join(f"{answer}\n" for answer in answers))
    assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
    return said


def scripted(provider: Provider, *words: str, code: int = 0) -> Said:
    said = run(None, "init", "--no-input", "--base-url", provider.api_url, *words)
    assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
    return said


def settings_of(place: Path) -> dict[str, Any]:
    return tomllib.loads((place / "regulars.toml").read_text())


def test_five_answers_make_settings_that_sync(provider: Provider, place: Path) -> None:
    said = typed(provider, "beehiiv", CANARY_KEY, "1, 3", ZONE, "letters", "later")
    assert re.findall(r"^(\d) of 6", said.err, re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]
    written = settings_of(place)
    assert said.out == (place / "regulars.toml").read_text()
    assert written["store"]["folder"] == "letters"
    first, third = written["publications"]
    assert first["title"] == provider.apis[0].name
    assert first["name"] == "letters-from-the-harbour"
    assert third["name"] == "letters-from-the-ferry"
    assert {first["time_zone"], third["time_zone"]} == {ZONE}
    (connection,) = first["connections"]
    assert connection["publication_id"] == provider.ids[0]
    assert connection["api_key"] == third["connections"][0]["api_key"]
    key_file = place / connection["api_key"]["file"]
    assert key_file.read_text().strip() == CANARY_KEY
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    settings = load_settings(place / "regulars.toml")
    for _, config in settings.connections():
        assert resolve_options(config, place)["api_key"] == CANARY_KEY
    assert "Next: regulars sync, then regulars serve." in said.err
    synced = run(None, "sync")
    assert synced.code == 0
    assert synced.out.count(": complete") == 2


def test_each_answer_is_tested_as_it_is_typed_and_asked_again(
    provider: Provider, place: Path
) -> None:
    (place / "full").mkdir()
    (place / "full" / "something").write_text("x")
    (place / "file").write_text("x")
    said = typed(
        provider,
        "postbird", "beehiiv",
        "two words", CANARY_KEY,
        "9", "2",
        "Lisbon", ZONE,
        "full", "file", "data", "later",
    )  # fmt: skip
    assert "'postbird' cannot be set up here. Choose one of: beehiiv" in said.err
    assert "api_key: must be the key as beehiiv showed it" in said.err
    assert "No publication of this key is called '9'" in said.err
    assert "'Lisbon' is not a time zone" in said.err
    assert "holds other files" in said.err
    assert "is a file, not a folder" in said.err


def test_a_refused_key_is_asked_for_again_and_only_the_key(provider: Provider, place: Path) -> None:
    context = provider.apis[0].context
    quirks, context.quirks = context.quirks, type(context.quirks)(key_works=False)
    command = ["init", "--base-url", provider.api_url, "--connector", "beehiiv"]
    try:
        said = run(None, *command, typed="bad\nworse\n")
    finally:
        context.quirks = quirks
    assert said.code == 130
    assert said.err.count("The provider refused the key (401).") == 2
    assert said.err.count("2 of 6") == 3
    assert "bad" not in said.err
    assert list(place.iterdir()) == []


def test_enter_takes_what_is_offered(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Asia/Tokyo")
    said = typed(provider, "beehiiv", CANARY_KEY, "", "", "", "")
    written = settings_of(place)
    assert len(written["publications"]) == 3
    assert {one["time_zone"] for one in written["publications"]} == {"Asia/Tokyo"}
    assert written["store"]["folder"] == "data"
    assert re.search(r"1  Letters from the Harbour \(invented\), \d+ people", said.err)


def test_a_key_of_the_environment_stays_there(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, CANARY_KEY)
    said = scripted(provider, "--connector", "beehiiv", "--all", "--time-zone", ZONE)
    keys = [one["connections"][0]["api_key"] for one in settings_of(place)["publications"]]
    assert keys == [{"env": VARIABLE}] * 3
    assert not (place / "secrets").exists()
    assert "api_key is taken from BEEHIIV_API_KEY." in said.err


def test_a_secret_in_a_file_stays_in_that_file(provider: Provider, place: Path) -> None:
    (place / "key").write_text(f"{CANARY_KEY}\n")
    words = ("--connector", "beehiiv", "--publication", provider.ids[1])
    said = scripted(
        provider, *words, "--set", "api_key=file:key", "--set", "requests_per_minute=6000"
    )
    (publication,) = settings_of(place)["publications"]
    (connection,) = publication["connections"]
    assert connection["api_key"] == {"file": "key"}
    assert connection["requests_per_minute"] == 6000
    assert connection["sync"] == "before posts"  # beehiiv has running totals
    assert "requests_per_minute = 6000" in said.out


def test_a_secret_in_a_variable_of_ones_own_stays_there(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--connector", "beehiiv", "--all", "--set", "api_key=env:MINE")
    missing = scripted(provider, *words, code=3)
    assert "MINE is not set (api_key)" in missing.three_lines("settings_wrong")["happened"]
    monkeypatch.setenv("MINE", CANARY_KEY)
    scripted(provider, *words)
    keys = [one["connections"][0]["api_key"] for one in settings_of(place)["publications"]]
    assert keys == [{"env": "MINE"}] * 3
    assert not (place / "secrets").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--connector", "beehiiv", "--all"), "api_key is missing."),
        (("--connector", "beehiiv", "--set", "api_key=x"), "api_key is a secret"),
        (("--connector", "beehiiv", "--set", "colour=x"), "'colour' is not a setting of beehiiv"),
        (("--connector", "beehiiv", "--set", "requests_per_minute=many"), "requests_per_minute: "),
        (("--connector", "beehiiv", "--set", "colour"), "--set needs NAME=VALUE"),
        (("--connector", "postbird"), "'postbird' cannot be set up here"),
    ],
)
def test_a_script_that_lacks_something_is_told(
    provider: Provider, place: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in scripted(provider, *words, code=2).err
    assert list(place.iterdir()) == []


def test_an_address_that_cannot_be_is_named_before_any_key(provider: Provider, place: Path) -> None:
    for address in ("ftp://x", "letters.example.org", "http://letters.example.org"):
        said = run(None, "init", "--connector", "beehiiv", "--base-url", address)
        assert said.code == 2
        assert "base_url: must begin with https://" in said.err
        assert "2 of 6" not in said.err
    said = run(None, "init", typed="ghost\nletters.example.org\n")
    assert "base_url: must begin with https://" in said.err
    assert "(not shown)" not in said.err


def test_no_key_mends_an_address_that_was_given(provider: Provider, place: Path) -> None:
    command = ["init", "--connector", "beehiiv", "--base-url", provider.api_url.removesuffix("/v2")]
    said = run(None, *command, typed=f"{CANARY_KEY}\n" * 5)
    assert said.code == 3
    assert said.err.count("2 of 6") == 1
    assert "that of beehiiv's API ends in /v2" in said.err
    assert "doctor" not in said.err
    assert list(place.iterdir()) == []


def test_a_script_has_to_say_which_of_several(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, CANARY_KEY)
    said = scripted(provider, "--connector", "beehiiv", code=2)
    assert "--publication ID, or --all" in said.err
    assert all(api.name in said.err for api in provider.apis)


def test_a_refused_key_ends_a_script_with_4_and_nothing_is_written(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, CANARY_KEY)
    context = provider.apis[0].context
    quirks, context.quirks = context.quirks, type(context.quirks)(key_works=False)
    try:
        said = scripted(provider, "--connector", "beehiiv", "--all", code=4)
    finally:
        context.quirks = quirks
    assert said.three_lines("key_refused")
    assert list(place.iterdir()) == []


COMMENTED = """# my letters
[store]
folder = "data"   # on the big disk

# the first one
[[publications]]
name = "letters-from-the-harbour"
time_zone = "Europe/Lisbon"

[[publications.connections]]
name = "mine"
connector = "beehiiv"
publication_id = "{id}"
api_key = "{key}"  # in clear
"""


def test_an_existing_file_is_extended_and_keeps_its_comments(
    provider: Provider, place: Path
) -> None:
    before = COMMENTED.format(id=provider.ids[0], key=CANARY_KEY)
    (place / "regulars.toml").write_text(before)
    said = typed(provider, "beehiiv", CANARY_KEY, "1", "2", "", "")
    assert f"{provider.apis[0].name!r} is already in the settings." in said.err
    assert re.findall(r"^(\d) of 6", said.err, re.MULTILINE) == ["1", "2", "3", "3", "4", "6"]
    text = (place / "regulars.toml").read_text()
    assert text.startswith(before)
    assert said.out in text
    assert [one["name"] for one in settings_of(place)["publications"]] == [
        "letters-from-the-harbour", "letters-from-the-lighthouse",
    ]  # fmt: skip
    assert settings_of(place)["publications"][1]["time_zone"] == ZONE


def test_nothing_new_under_the_key_is_said_and_nothing_is_changed(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, CANARY_KEY)
    scripted(provider, "--connector", "beehiiv", "--all")
    before = (place / "regulars.toml").read_bytes()
    said = scripted(provider, "--connector", "beehiiv", "--all")
    assert "is already in the settings" in said.out
    assert "Nothing was changed" in said.err
    said = scripted(provider, "--connector", "beehiiv", "--all", "--json")
    assert said.json["publications"] == []
    said = scripted(provider, "--connector", "beehiiv", "--publication", provider.ids[0], code=2)
    assert f"{provider.apis[0].name!r} is already in the settings." in said.err
    assert (place / "regulars.toml").read_bytes() == before


def test_the_same_key_typed_later_uses_the_same_file_and_another_its_own(
    provider: Provider, place: Path
) -> None:
    typed(provider, "beehiiv", CANARY_KEY, "1", ZONE, "data", "later")
    typed(provider, "beehiiv", CANARY_KEY, "2", ZONE, "later")
    typed(provider, "beehiiv", CANARY_KEY[::-1], "3", ZONE, "later")
    files = [one["connections"][0]["api_key"]["file"] for one in settings_of(place)["publications"]]
    assert files == ["secrets/beehiiv-api_key"] * 2 + ["secrets/beehiiv-api_key-2"]


def test_json_names_what_was_added(
    provider: Provider, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, CANARY_KEY)
    facts = scripted(provider, "--connector", "beehiiv", "--all", "--json").json
    assert facts["created"] is True
    assert facts["secret_files"] == []
    assert [one["title"] for one in facts["publications"]] == [api.name for api in provider.apis]


def test_broken_settings_are_named_before_any_question(provider: Provider, place: Path) -> None:
    (place / "regulars.toml").write_text("[[publications]\n")
    said = typed(provider, code=3)
    assert said.three_lines("settings_wrong")
    assert "1 of 6" not in said.err


# A third-party connector


class ThirdPartySettings(ConnectionSettings):
    """Settings of a connector that nobody here wrote."""

    base_url: str = Field(description="where your site is")
    admin_key: SecretStr = Field(description="a key of an administrator")
    place: int | None = Field(default=None, description="which of them")

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("must begin with https://")
        return value


class ThirdParty:
    """A class that satisfies what init needs, and does as ``says`` tells it."""

    name = "third-party"
    Settings = ThirdPartySettings
    asked = ("base_url", "admin_key")
    says: Callable[[Mapping[str, Any]], Any] = staticmethod(lambda options: [])

    @classmethod
    def discover(cls, options: Mapping[str, Any], runtime: Runtime) -> Any:
        return cls.says(options)


@pytest.fixture
def third_party(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[ThirdParty]]:
    points = (
        EntryPoint("third-party", f"{__name__}:ThirdParty", registry.GROUP),
        EntryPoint("broken", "no_such_module_at_all:X", registry.GROUP),
    )
    monkeypatch.setattr(registry, "installed", lambda: points)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[ThirdParty.__module__])
    before = ThirdParty.says
    yield ThirdParty
    ThirdParty.says = before


def asked_of_third_party(*answers: str, code: int = 0) -> Said:
    said = run(None, "init", typed="".join(f"{answer}\n" for answer in answers))
    assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
    return said


def test_a_third_party_connector_is_set_up_from_the_contract_alone(
    third_party: type[ThirdParty], place: Path
) -> None:
    seen: list[dict[str, Any]] = []

    def says(options: Mapping[str, Any]) -> list[AvailablePublication]:
        seen.append(dict(options))
        return [
            AvailablePublication("1", "日本\x1b[31m\n", {"place": 1}),
            AvailablePublication("2", "Second", {"place": 2}),
        ]

    third_party.says = staticmethod(says)
    site = "https://letters.example.org"
    said = asked_of_third_party(
        "third-party", "http://x", site, CANARY_KEY, "all", ZONE, "data", "later"
    )
    assert "\x1b" not in said.err + said.out
    assert "'broken' is installed but cannot be loaded" in said.err
    assert "base_url: must begin with https://." in said.err
    assert said.err.count("2 of 6") == 3  # the address twice, then the key
    assert seen == [{"base_url": site, "admin_key": CANARY_KEY}]
    first, second = settings_of(place)["publications"]
    assert (first["name"], second["name"]) == ("31m", "second")
    assert first["connections"] == [
        {
            "name": "31m-third-party",
            "connector": "third-party",
            "place": 1,
            "base_url": site,
            "admin_key": {"file": "secrets/third-party-admin_key"},
        }
    ]
    again = asked_of_third_party("third-party", f"{site}/", CANARY_KEY)
    assert "Every publication that this key opens is already in the settings." in again.out


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (lambda _: [], "The provider lists no publication for this key."),
        (lambda _: 1 / 0, "failed to list publications (ZeroDivisionError)."),
        (lambda _: ["x"], "discover() must return AvailablePublication objects, not str."),
        (
            lambda _: [AvailablePublication("1", "One", {"place": "x"})],
            "Settings of the connector third-party: place",
        ),
    ],
)
def test_a_third_party_that_breaks_is_named_and_asked_again(
    third_party: type[ThirdParty], place: Path, says: Callable[[Any], Any], words: str
) -> None:
    third_party.says = staticmethod(says)
    said = asked_of_third_party("third-party", "https://a.example.org", CANARY_KEY, code=130)
    assert words in said.err
    assert list(place.iterdir()) == []


# On a real terminal


def test_on_a_terminal_the_key_is_not_shown(provider: Provider, place: Path) -> None:
    terminal = Terminal(place, "regulars", "init", "--base-url", provider.api_url)
    for question, answer in (
        ("1 of 6", "beehiiv"), ("2 of 6", CANARY_KEY), ("3 of 6", "2"), ("4 of 6", ZONE),
        ("5 of 6", "data"), ("6 of 6", "later"),
    ):  # fmt: skip
        terminal.answer(question, answer)
    code = terminal.end()
    assert code == 0, terminal.shown
    assert CANARY_KEY not in terminal.past + terminal.shown
    assert (
        settings_of(place)["publications"][0]["connections"][0]["publication_id"] == provider.ids[1]
    )


def test_ctrl_c_at_the_last_question_leaves_nothing(provider: Provider, place: Path) -> None:
    terminal = Terminal(place, "regulars", "init", "--base-url", provider.api_url)
    for question, answer in (
        ("1 of 6", "beehiiv"), ("2 of 6", CANARY_KEY), ("3 of 6", "all"), ("4 of 6", ZONE),
    ):  # fmt: skip
        terminal.answer(question, answer)
    terminal.until("5 of 6")
    terminal.until("[data]: ")
    # Python loses an interrupt that comes just as it begins to read; a person presses again.
    for _ in range(20):
        terminal.process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            terminal.process.wait(timeout=3)
            break
    terminal.until("Stopped. Nothing was written.")
    assert terminal.end() == 130
    assert list(place.iterdir()) == []
