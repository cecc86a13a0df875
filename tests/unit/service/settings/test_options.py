"""--set NAME=VALUE: one reader, so that init and the check of a connector mean the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, SecretStr

from regulars.connections.check import check_installed
from regulars.errors import UsageWrong
from regulars.onboarding import given_options
from regulars.settings import build_settings, value_of
from regulars_connectors import ConnectionSettings, Runtime, registry
from regulars_connectors.beehiiv import BeehiivConnector


class Every(ConnectionSettings):
    """A setting of each kind."""

    text: str | None = None
    folder: Path = Path()
    key: SecretStr | None = None
    state: Literal["on", "off"] = "on"
    truth: bool = False
    count: int | None = None
    share: Annotated[float, Field(ge=0)] = 0.5
    names: tuple[str, ...] = ()
    one_or_more: str | list[str] = ""
    section: dict[str, int] = {}  # noqa: RUF012
    choice: Literal[1, 2] = 1


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "5", "5"),
        ("text", "true", "true"),
        ("text", "[a]", "[a]"),
        ("folder", "my letters/", "my letters/"),
        ("folder", "2026", "2026"),
        ("state", "off", "off"),
        ("truth", "true", True),
        ("truth", "false", False),
        ("truth", "perhaps", "perhaps"),
        ("count", "+12", 12),
        ("count", "-3", -3),
        ("count", "many", "many"),
        ("share", "0.25", 0.25),
        ("share", "2", 2),
        ("names", "[]", []),
        ("names", '["a", "b"]', ["a", "b"]),
        ("names", "a", "a"),
        ("one_or_more", "a", "a"),
        ("one_or_more", '["a"]', ["a"]),
        ("section", '{"a": 1}', {"a": 1}),
        ("choice", "2", 2),
    ],
)
def test_text_becomes_what_the_settings_file_would_hold(name: str, text: str, value: Any) -> None:
    found = value_of(name, Every.model_fields[name], text)
    assert found == value
    assert type(found) is type(value)


def test_what_begins_like_json_and_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(UsageWrong) as raised:
        value_of("names", Every.model_fields["names"], "[a, b]")
    assert raised.value.happened == "The value of names is not JSON."
    assert "--set 'names=[" in raised.value.to_do


def test_a_setting_that_there_is_not_stays_as_it_was_written() -> None:
    assert value_of("colour", None, "5") == "5"
    assert value_of("colour", None, "[5]") == [5]


@pytest.mark.parametrize(
    "text", ["[]", '[{"segment": "seg_1", "means": "opened", "post": "post_1"}]']
)
def test_init_and_the_check_of_a_connector_read_a_list_alike(tmp_path: Path, text: str) -> None:
    plain, _, _ = given_options(tmp_path / "regulars.toml", BeehiivConnector, {"segments": text})
    field = BeehiivConnector.Settings.model_fields["segments"]
    assert plain == {"segments": value_of("segments", field, text)}


def test_init_says_in_our_words_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "regulars.toml"
    for given, words in (
        ({"segments": "a"}, "segments: must be a list"),
        ({"requests_per_minute": "many"}, "requests_per_minute: must be a"),
        ({"segment": "a"}, "'segment' is not a setting of beehiiv"),
    ):
        with pytest.raises(UsageWrong, match=words):
            given_options(file, BeehiivConnector, given)


def test_a_secret_in_clear_is_refused_by_both(tmp_path: Path) -> None:
    runtime = Runtime(clock=lambda: 0, sleep=lambda _: None)
    with pytest.raises(UsageWrong, match="api_key is a secret"):
        given_options(tmp_path / "regulars.toml", BeehiivConnector, {"api_key": "k" * 20})
    with pytest.raises(UsageWrong, match="api_key is a secret"):
        check_installed(
            build_settings({}, None), "beehiiv", runtime, given={"api_key": "k" * 20}, pages=1
        )


def test_a_reference_may_give_any_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AN_ACCOUNT", "the-house")
    (tmp_path / "key").write_text("k" * 20)
    plain, references, fetched = given_options(
        tmp_path / "regulars.toml",
        BeehiivConnector,
        {"account": "env:AN_ACCOUNT", "api_key": f"file:{tmp_path / 'key'}"},
    )
    assert plain == {}
    assert {name: one.reference for name, one in references.items()} == {
        "account": {"env": "AN_ACCOUNT"},
        "api_key": {"file": "key"},
    }
    assert fetched == {"account": "the-house", "api_key": "k" * 20}


def test_every_default_of_a_connector_can_be_written_on_the_command_line() -> None:
    """A number, a truth value or a text as such: what is read is taken as what it was."""
    read = 0
    for connector in map(registry.find, registry.names()):
        for name, field in connector.Settings.model_fields.items():
            if isinstance(field.default, bool | int | float | str):
                text = str(field.default)
                text = text.lower() if isinstance(field.default, bool) else text
                assert value_of(name, field, text) == field.default, (connector.name, name)
                read += 1
    assert read >= 4
