"""`regulars doctor` of one newsletter and of many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import run
from support.organisation import Provider, organisation


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with organisation(5) as made:
        yield made


def test_of_many_connections_only_those_that_want_a_look_are_shown_in_detail(
    provider: Provider, tmp_path: Path
) -> None:
    folder = provider.folder(tmp_path / "five")
    settings = folder / "regulars.toml"
    settings.write_text(settings.read_text().replace(provider.ids[3], "pub_nobody"))
    said = run(settings, "doctor")
    assert said.code == 1
    shown = [line for line in said.out.splitlines() if "pub-" in line]
    assert [line.split(":")[0].split()[-1] for line in shown if line.startswith("ok")] == [
        "pub-1-beehiiv",
        "pub-2-beehiiv",
        "pub-3-beehiiv",
        "pub-5-beehiiv",
    ]
    assert any(line.startswith("error    pub-4-beehiiv") for line in shown)
    assert said.out.splitlines()[-1].endswith("0 warnings, 1 error.")


def test_all_pulls_of_an_account_are_added_up(provider: Provider, tmp_path: Path) -> None:
    slow = {f"pub_{number}": "requests_per_minute = 10" for number in range(1, 6)}
    found = run(
        provider.folder(tmp_path / "slow", **slow) / "regulars.toml", "doctor", "--json"
    ).json
    sizes = [one["text"] for one in found["findings"] if one["name"].endswith("size")]
    assert len(sizes) == 6
    each = [_requests(text) for text in sizes[:5]]
    assert "5 connections" in sizes[5]
    assert _requests(sizes[5]) == sum(each)
    assert f"and {sum(each) / 10:.0f} minutes" in sizes[5]


def test_a_single_connection_is_shown_in_full(provider: Provider, tmp_path: Path) -> None:
    settings = provider.folder(tmp_path / "one") / "regulars.toml"
    text = settings.read_text()
    settings.write_text(text[: text.index('\n[[publications]]\nname = "pub-2"')])
    said = run(settings, "doctor")
    assert said.code == 0
    assert "ok       pub-1-beehiiv: key: " in said.out
    assert "all connections" not in said.out


def _requests(text: str) -> int:
    """The number before ``requests``."""
    words = text.split()
    return int(words[words.index("requests") - 1].replace(",", ""))
