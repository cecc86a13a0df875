"""Settings as people really write them: marks, homes, variables, and secrets that are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regulars.errors import SettingsWrong
from regulars.settings import ConnectionConfig, Settings, load_settings, resolve_options


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("REGULARS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(place: Path, text: str | bytes) -> Settings:
    file = place / "regulars.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(file)


def refused(place: Path, text: str | bytes) -> SettingsWrong:
    with pytest.raises(SettingsWrong) as raised:
        read(place, text)
    return raised.value


def secret(place: Path, file: str) -> str:
    config = ConnectionConfig(name="c", connector="beehiiv", options={"api_key": {"file": file}})
    return str(resolve_options(config, place)["api_key"])


def test_a_byte_order_mark_is_passed_over(place: Path) -> None:
    settings = read(place, b'\xef\xbb\xbf[[publications]]\nname = "a"\n')
    assert [one.name for one in settings.publications] == ["a"]
    (place / "key").write_bytes(b"\xef\xbb\xbfkey\r\n")
    assert secret(place, "key") == "key"


def test_another_encoding_is_named(place: Path) -> None:
    error = refused(place, 'title = "Café"'.encode("latin-1"))
    assert "is not UTF-8 text" in error.happened
    assert "Save it as UTF-8" in error.to_do


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty (connection c, api_key)"),
        (b" \n", "is empty (connection c, api_key)"),
        (b"k\xe9y", "is not UTF-8 text (connection c, api_key)"),
    ],
)
def test_a_secret_that_is_none_is_named_by_its_file(
    place: Path, content: bytes, words: str
) -> None:
    (place / "key").write_bytes(content)
    with pytest.raises(SettingsWrong) as raised:
        secret(place, "key")
    assert raised.value.happened == f"The file {place / 'key'} {words}."


def test_a_home_of_nobody_is_named(place: Path) -> None:
    with pytest.raises(SettingsWrong, match="no home folder for ~nobody-at-all"):
        secret(place, "~nobody-at-all/key")
    error = refused(place, '[store]\nfolder = "~nobody-at-all/data"\n')
    assert "no home folder for ~nobody-at-all" in error.happened


def test_an_empty_variable_counts_as_not_set(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_STORE__FOLDER", "")
    assert read(place, '[store]\nfolder = "mine"\n').store.folder == place / "mine"


def test_a_wrong_variable_is_blamed_and_not_the_file(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_STORE__THREADS", "0")
    error = refused(place, '[store]\nfolder = "data"\n')
    assert error.happened.startswith("REGULARS_STORE__THREADS: store.threads: ")
    monkeypatch.delenv("REGULARS_STORE__THREADS")
    assert refused(place, "[store]\nthreads = 0\n").happened.startswith(f"{place}/regulars.toml: ")


def test_where_the_file_lies_is_no_setting(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "source_file: is not a setting" in refused(place, 'source_file = "x"\n').happened
    monkeypatch.setenv("REGULARS_SOURCE_FILE", "/somewhere/else")
    assert read(place, "").source_file == place / "regulars.toml"
