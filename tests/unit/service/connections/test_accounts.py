"""Connections that share an account share its quota, and so one queue."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.connections.accounts import account_of
from regulars.settings import build_settings


def connections(*options: dict[str, Any]) -> list[Any]:
    made = [
        {"name": f"c-{number}", "connector": "beehiiv", **option}
        for number, option in enumerate(options)
    ]
    settings = build_settings({"publications": [{"name": "p", "connections": made}]}, None)
    return [account_of(settings, config) for _, config in settings.connections()]


def test_the_same_key_is_the_same_account_wherever_it_lies(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("k1\n")
    monkeypatch.setenv("A_KEY", "k1")
    one, two, three, other = connections(
        {"api_key": "k1", "publication_id": "pub_1"},
        {"api_key": {"env": "A_KEY"}, "publication_id": "pub_2"},
        {"api_key": {"file": str(tmp_path / "key")}},
        {"api_key": "k2"},
    )
    assert one == two == three != other


def test_a_named_account_counts_more_than_the_key() -> None:
    one, two, other = connections(
        {"api_key": "k1", "account": "org"}, {"api_key": "k2", "account": "org"}, {"api_key": "k1"}
    )
    assert one == two != other


def test_connections_without_a_secret_or_with_wrong_settings_stand_alone() -> None:
    folder = {"connector": "files", "folder": "x"}
    found = connections(folder, folder, {"api_key": {"env": "NOT_SET"}}, {"connector": "nobody"})
    assert len(set(found)) == 4
