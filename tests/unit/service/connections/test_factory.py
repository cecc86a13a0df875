"""From the settings of a connection to its connector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from support.example_connectors import ExampleConnector, ProvesWhole

from regulars.connections.factory import choose, connect, require_owner
from regulars.connections.guarded import GuardedConnector
from regulars.errors import NothingHere, SettingsWrong, UsageWrong
from regulars.settings import ConnectionConfig, Settings, StoreSettings, build_settings
from regulars.store import Store
from regulars.sync.run import sync_connection
from regulars_connectors import ConnectionSettings, Runtime
from regulars_connectors.errors import ContractBroken

RUNTIME = Runtime(clock=lambda: 1_767_600_000_000_000, sleep=lambda _: None)


class NeedsSettings(ExampleConnector):
    """A folder and a key; notes what it was made with."""

    class Settings(ConnectionSettings):
        folder: Path
        key: SecretStr

    made_with: ClassVar[list[Any]] = []

    def __init__(self, settings: Any, runtime: Runtime) -> None:
        super().__init__(settings, runtime)
        self.made_with.append(settings)


class BreaksWhileMade(ExampleConnector):
    """Fails before it exists, with a secret in its words."""

    def __init__(self, settings: Any, runtime: Runtime) -> None:
        raise LookupError("s3cret")


def settings_with(folder: Path, *connections: dict[str, Any], **more: Any) -> Settings:
    publication = {"name": "letters", "connections": list(connections)} | more
    return build_settings({"publications": [publication]}, folder / "regulars.toml")


def made(settings: Settings) -> Any:
    ((_, config),) = settings.connections()
    return connect(settings, config, RUNTIME)


def test_paths_are_relative_to_the_settings_file_and_secrets_are_fetched(
    tmp_path: Path, install: Callable[..., None]
) -> None:
    install(needs=NeedsSettings)
    (tmp_path / "key").write_text("s3cret\n")
    options = {"name": "c", "connector": "needs", "folder": "in", "key": {"file": "key"}}
    connector = made(settings_with(tmp_path, options))
    assert isinstance(connector, GuardedConnector)
    assert connector.name == "needs"
    made_with = NeedsSettings.made_with[-1]
    assert made_with.folder == tmp_path / "in"
    assert made_with.key.get_secret_value() == "s3cret"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"connector": "needs", "folder": "in"}, "key: is missing"),
        ({"connector": "needs", "folder": 5, "key": "k"}, "folder: must be text, the path"),
        ({"connector": "nobody"}, "no connector named 'nobody'"),
    ],
)
def test_what_is_wrong_is_said_of_the_connection_and_without_its_secrets(
    tmp_path: Path, install: Callable[..., None], options: dict[str, Any], words: str
) -> None:
    install(needs=NeedsSettings)
    with pytest.raises(SettingsWrong) as raised:
        made(settings_with(tmp_path, {"name": "mine"} | options))
    assert raised.value.happened.startswith("Connection mine: ")
    assert words in raised.value.happened


def test_a_secret_that_is_not_there_is_named_by_its_place(
    tmp_path: Path, install: Callable[..., None]
) -> None:
    install(needs=NeedsSettings)
    options = {"name": "c", "connector": "needs", "folder": "in", "key": {"env": "NOT_SET_AT_ALL"}}
    with pytest.raises(SettingsWrong, match="NOT_SET_AT_ALL"):
        made(settings_with(tmp_path, options))


def test_a_connector_that_breaks_while_it_is_made_is_blamed_by_name_alone(
    tmp_path: Path, install: Callable[..., None]
) -> None:
    install(breaks=BreaksWhileMade)
    with pytest.raises(ContractBroken) as raised:
        made(settings_with(tmp_path, {"name": "c", "connector": "breaks"}))
    assert "'breaks' broke its contract in its constructor: LookupError" in raised.value.happened
    assert "s3cret" not in raised.value.happened


def names(chosen: list[tuple[Any, ConnectionConfig]]) -> list[str]:
    return [config.name for _, config in chosen]


@pytest.fixture
def three(tmp_path: Path) -> Settings:
    """Two connections of a publication, and one of another that is paused."""
    kinds = {"connector": "whole"}
    publications = [
        {"name": "one", "connections": [{"name": "a"} | kinds, {"name": "b"} | kinds]},
        {"name": "two", "paused": True, "connections": [{"name": "c"} | kinds]},
    ]
    return build_settings({"publications": publications}, tmp_path / "regulars.toml")


def test_all_are_chosen_that_are_not_paused_or_the_one_named(three: Settings) -> None:
    assert names(choose(three, None)) == ["a", "b"]
    assert names(choose(three, "b")) == ["b"]


def test_what_cannot_be_chosen_says_what_to_do(three: Settings) -> None:
    with pytest.raises(NothingHere, match="The settings have: a, b, c"):
        choose(three, "d")
    with pytest.raises(UsageWrong, match="'two' is paused") as paused:
        choose(three, "c")
    assert "regulars publication resume two" in paused.value.to_do
    with pytest.raises(SettingsWrong, match="have no connection"):
        choose(build_settings({}, None), None)


def test_a_connection_stays_with_the_publication_it_brought_its_data_under(
    tmp_path: Path, install: Callable[..., None]
) -> None:
    install(whole=ProvesWhole)
    settings = settings_with(tmp_path, {"name": "c", "connector": "whole"})
    ((owner, config),) = settings.connections()
    with Store(StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)) as store:
        require_owner(store, "other", "c")  # nothing was brought yet
        # One of its three people cannot be read, which is more than a hundredth.
        assert sync_connection(store, settings, owner, config, RUNTIME).outcome == "partial"
        require_owner(store, "letters", "c")
        with pytest.raises(SettingsWrong) as raised:
            require_owner(store, "other", "c")
    assert "publication 'letters'" in raised.value.happened
    assert "regulars publication rename letters other" in raised.value.to_do
