"""Connectors are found by entry point; a broken one disturbs nobody else."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from regulars_connectors import ConfigurationError, Connector, Runtime, registry
from regulars_connectors.beehiiv import BeehiivConnector

TOOLS = Runtime(clock=lambda: 0, sleep=lambda _: None)
GOOD = EntryPoint("beehiiv", "regulars_connectors.beehiiv:BeehiivConnector", registry.GROUP)
BROKEN = EntryPoint("broken", "no_such_package_at_all:Thing", registry.GROUP)
NO_CLASS = EntryPoint("odd", "regulars_connectors.registry:GROUP", registry.GROUP)
POINTS = [GOOD, BROKEN, NO_CLASS]


def test_the_installed_connectors_are_named() -> None:
    assert {"beehiiv", "files"} <= set(registry.names())


def test_a_connector_is_found_beside_a_broken_one() -> None:
    assert registry.find("beehiiv", POINTS) is BeehiivConnector


def test_a_broken_connector_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'broken'.*cannot be loaded.*ModuleNotFoundError"
    ):
        registry.find("broken", POINTS)


def test_a_package_that_names_what_is_not_there_is_told_so() -> None:
    """Whoever wrote it learns which line of pyproject.toml is wrong."""
    for value in ("regulars_connectors.beehiiv:Behiiv", "no_such_package_at_all:Thing"):
        point = EntryPoint("odd", value, registry.GROUP)
        with pytest.raises(
            ConfigurationError, match=rf"its package names '{value}', which is missing"
        ):
            registry.find("odd", [point])


@pytest.mark.parametrize(
    "line", ["raise KeyError", "import asyncio; raise asyncio.CancelledError", "import nothing_x"]
)
def test_a_package_that_breaks_when_imported_is_told_where(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "breaks_at_once.py").write_text(f"\n{line}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("odd", "breaks_at_once:Thing", registry.GROUP)
    with pytest.raises(ConfigurationError, match=r"Error at breaks_at_once\.py, line 2"):
        registry.find("odd", [point])


def test_of_two_packages_with_one_name_neither_is_taken() -> None:
    """It would be chance which of them is given the key."""
    other = EntryPoint("beehiiv", "regulars_connectors.files:FilesConnector", registry.GROUP)
    with pytest.raises(ConfigurationError, match="'beehiiv' is installed more than once"):
        registry.find("beehiiv", [GOOD, other])
    assert registry.find("beehiiv", [GOOD, GOOD]) is BeehiivConnector


def test_what_is_no_connector_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'odd' is not a class"):
        registry.find("odd", POINTS)


def test_an_unknown_connector_lists_the_known() -> None:
    with pytest.raises(ConfigurationError, match=r"'behiiv'.*beehiiv, broken, odd"):
        registry.find("behiiv", POINTS)


def test_a_connector_is_made_from_its_settings() -> None:
    options = {"publication_id": "pub_1", "api_key": "k" * 20}
    made = registry.make("beehiiv", options, TOOLS, POINTS)
    assert isinstance(made, Connector)
    made.close()
    made.close()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"publication_id": "12345"}, r"publication_id: must look like pub_.*beside the API keys"),
        ({"publication_id": None}, "publication_id: "),
        ({"api_key": "secret with spaces"}, "api_key: must be the key as beehiiv showed it"),
        ({"api_keys": "x"}, "api_keys: is not a setting"),
        ({"requests_per_minute": 0}, "requests_per_minute: "),
        ({"base_url": "http://api.example.org"}, "https://"),
        ({"base_url": "ftp://127.0.0.1"}, "https://"),
        ({"base_url": "https://user:word@api.example.org"}, "without user"),
        ({"base_url": "https://api.example.org/?x=1"}, "without user"),
        ({"base_url": "nothing"}, "must begin with https://"),
    ],
)
def test_wrong_settings_are_said_in_words(changes: dict[str, object], text: str) -> None:
    options = {"publication_id": "pub_1", "api_key": "k" * 20} | changes
    with pytest.raises(ConfigurationError, match=text) as caught:
        registry.make("beehiiv", options, TOOLS, POINTS)
    assert "secret with spaces" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match="api_key: is missing"):
        registry.make("beehiiv", {"publication_id": "pub_1"}, TOOLS, POINTS)
