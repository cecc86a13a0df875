"""What `regulars init` works out for itself."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field, SecretStr
from support.example_connectors import ExampleConnector

from regulars.errors import SettingsWrong, UsageWrong
from regulars.onboarding import (
    asked_of,
    check_folder,
    chosen_of,
    connectors_that_discover,
    fault_of,
    free_name,
    is_there,
    offers_of,
    short_name,
    write_all,
    zone_typed,
)
from regulars.settings import Secret
from regulars.settings.editor import SettingsFile
from regulars_connectors import AvailablePublication, ConnectionSettings, Runtime, registry
from regulars_connectors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    InvalidResponse,
)

RUNTIME = Runtime(clock=lambda: 0, sleep=lambda _: None)


class Discovers(ExampleConnector):
    """Lists what a test puts into ``offers``, or raises it."""

    class Settings(ConnectionSettings):
        key: SecretStr = Field(description="the key")
        site: str = ""

    name = "discovers"
    asked: ClassVar[tuple[str, ...]] = ("key",)
    offers: ClassVar[Any] = ()

    @classmethod
    def discover(cls, options: Mapping[str, Any], runtime: Runtime) -> Any:
        if isinstance(cls.offers, Exception):
            raise cls.offers
        return cls.offers


def offer(name: str, title: str = "Field Notes", **options: Any) -> AvailablePublication:
    return AvailablePublication(id=name, title=title, options=options)


def listed(monkeypatch: pytest.MonkeyPatch, offers: Any) -> list[AvailablePublication]:
    monkeypatch.setattr(Discovers, "offers", offers)
    return offers_of(Discovers, {"key": "k"}, RUNTIME)


def test_only_connectors_that_list_publications_are_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = (
        EntryPoint("discovers", f"{__name__}:Discovers", registry.GROUP),
        EntryPoint("toy", "support.example_connectors:ProvesWhole", registry.GROUP),
        EntryPoint("broken", "no_such_module_at_all:X", registry.GROUP),
    )
    monkeypatch.setattr(registry, "installed", lambda: points)
    found, broken = connectors_that_discover()
    assert list(found) == ["discovers"]
    assert len(broken) == 1
    assert "'broken'" in broken[0]


def test_what_is_asked_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    (prompt,) = asked_of("my-house", Discovers)
    assert (prompt.name, prompt.words, prompt.is_secret) == ("key", "the key", True)
    assert prompt.variable == "MY_HOUSE_KEY"
    monkeypatch.delenv("MY_HOUSE_KEY", raising=False)
    assert prompt.from_environment is None
    monkeypatch.setenv("MY_HOUSE_KEY", "k")
    assert prompt.from_environment == "k"


def test_one_value_is_judged_by_itself() -> None:
    assert fault_of(Discovers, "site", "here") is None  # though the key is missing
    assert fault_of(Discovers, "site", 5) == "site: must be text, in quotes."


def test_titles_are_put_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    offers = listed(monkeypatch, [offer("1", "Field\x1b[31m\nNotes"), offer("2", "\n")])
    assert [one.title for one in offers] == ["Field\ufffd[31m Notes", "Without a title"]


@pytest.mark.parametrize(
    ("offers", "error", "words"),
    [
        ([], ConfigurationError, "lists no publication"),
        (["1"], InvalidResponse, "must return AvailablePublication objects"),
        (LookupError("s3cret"), InvalidResponse, r"failed to list publications \(LookupError"),
        (AuthenticationFailed("No."), AuthenticationFailed, "No."),
        ([offer("1", sight="y")], InvalidResponse, "options must be settings of the connector"),
    ],
)
def test_offers_that_cannot_be_are_told_as_the_connectors(
    monkeypatch: pytest.MonkeyPatch, offers: Any, error: type[ConnectorError], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        listed(monkeypatch, offers)
    assert "s3cret" not in raised.value.happened


def test_short_names_are_made_of_titles() -> None:
    assert short_name("Field Notes (weekly)", "ghost", []) == "field-notes"
    assert short_name("Æther & Öl", "ghost", []) == "ther-ol"
    assert short_name("Field Notes", "ghost", ["field-notes"]) == "field-notes-2"
    assert short_name("手紙", "Ghost.io", []) == "ghost-io"
    assert len(short_name("letters " * 20, "ghost", [])) <= 40
    assert free_name("a", ["a", "a-2"]) == "a-3"


def test_offers_are_chosen_by_number_id_or_title() -> None:
    offers = [offer("pub_1", "One"), offer("pub_2", "Two"), offer("pub_3", "Two")]
    assert chosen_of(["1", "pub_2", " one "], offers) == offers[:2]
    for words, said in ((["4"], "No publication"), (["two"], "More than one"), ([" "], "at least")):
        with pytest.raises(UsageWrong, match=said):
            chosen_of(words, offers)


def test_a_publication_that_stands_in_the_settings_is_known(tmp_path: Path) -> None:
    path = tmp_path / "regulars.toml"
    path.write_text(
        '[[publications]]\nname = "a"\n[[publications.connections]]\n'
        'name = "c"\nconnector = "ghost"\nurl = "https://a.example/"\n'
    )
    file = SettingsFile(path)
    assert is_there(file, "ghost", {"url": "https://a.example"})
    assert not is_there(file, "ghost", {"url": "https://b.example"})
    assert not is_there(file, "beehiiv", {"url": "https://a.example"})
    assert not is_there(file, "ghost", {})


def test_folders_and_zones_that_cannot_be_are_refused(tmp_path: Path) -> None:
    settings = tmp_path / "regulars.toml"
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    assert check_folder(settings, "data/below") == "data/below"
    with pytest.raises(UsageWrong, match="is a file, not a folder"):
        check_folder(settings, "file/below")
    with pytest.raises(UsageWrong, match="holds other files"):
        check_folder(settings, "full")
    assert zone_typed("Europe/Lisbon") == "Europe/Lisbon"
    with pytest.raises(UsageWrong, match="'Lisbon' is not a time zone"):
        zone_typed("Lisbon")


def test_secrets_are_written_before_the_settings_for_their_owner_alone(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "regulars.toml")
    file.set_store_folder("data")
    secret = Secret({"file": "secrets/key"}, tmp_path / "secrets" / "key", "k3y")
    in_environment = Secret({"env": "A_KEY"})
    assert write_all(file, [secret, in_environment]) == [secret.file]
    assert secret.file is not None
    assert secret.file.read_text() == "k3y\n"
    assert stat.S_IMODE(secret.file.stat().st_mode) == 0o600
    assert 'folder = "data"' in file.path.read_text()
    assert write_all(file, [secret]) == []  # what is there stays


def test_where_settings_cannot_be_written_no_secret_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: SettingsFile) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(SettingsFile, "write", fail)
    secret = Secret({"file": "key"}, tmp_path / "key", "k3y")
    with pytest.raises(SettingsWrong, match="Permission denied"):
        write_all(SettingsFile(tmp_path / "regulars.toml"), [secret])
    assert not (tmp_path / "key").exists()
