"""`regulars schedule` and `regulars sync --due`, with and without a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.newsletter import CONNECTION, Newsletter, before_post, newsletter

from regulars.clock import real_runtime
from regulars.server.run import serving
from regulars.settings import load_settings
from regulars.store import Store
from regulars_connectors.instants import DAY, SECOND, from_iso
from regulars_connectors.simulator import World

HOUR = 3600 * SECOND


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Newsletter]:
    world = World(7, subscribers=40, spike=False, posts=12)
    with newsletter(tmp_path, world) as made:
        made.clock.set(before_post(world, 10))
        yield made


def folder_with(letters: Newsletter, sync: str) -> Path:
    text = letters.settings_text() + (f'sync = "{sync}"\n' if sync else "")
    return letters.folder("own", settings=f"{text}\n[server]\nport = 0\n")


@pytest.mark.long
def test_cron_does_what_is_due_and_ends(letters: Newsletter) -> None:
    folder = folder_with(letters, "every 6 hours")
    said = letters.run(folder, "schedule")
    assert said.out.splitlines() == [
        f"{CONNECTION} (every 6 hours)",
        "  last: none yet",
        "  next: now, its first sync",
    ]
    assert "No server is running" in said.err
    assert not (folder / "data").exists()  # looking makes nothing
    first = letters.run(folder, "sync", "--due", "--json").json["runs"]
    assert [run["state"] for run in first] == ["complete"]
    again = letters.run(folder, "sync", "--due")
    assert (again.out, "Nothing is due." in again.err) == ("", True)
    (line,) = letters.run(folder, "schedule", "--json").json["schedule"]
    assert (line["why"], line["failures"], line["is_due"]) == ("regular", 0, False)
    assert letters.clock() < from_iso(line["next_at"]) <= letters.clock() + 6 * HOUR
    status = letters.run(folder, "status")
    assert f"    next sync: {line['next_at'][:10]}" in status.out
    assert letters.run(folder, "status", "--json").json["schedule"] == [line]
    letters.clock.set(from_iso(line["next_at"]))
    assert len(letters.run(folder, "sync", "--due", "--json").json["runs"]) == 1
    # A week without cron: one run makes up for it.
    letters.clock.set(letters.clock() + 7 * DAY)
    assert "next: now, " in letters.run(folder, "schedule").out
    assert len(letters.run(folder, "sync", "--due", "--json").json["runs"]) == 1
    assert letters.run(folder, "sync", "--due", "--json").json["runs"] == []


@pytest.mark.long
def test_a_provider_with_running_totals_is_looked_at_before_posts(letters: Newsletter) -> None:
    """Unless the settings say otherwise. The simulator shows the next post as scheduled."""
    folder = folder_with(letters, "")
    letters.run(folder, "sync", "--due")
    said = letters.run(folder, "schedule").out
    assert said.startswith(f"{CONNECTION} (before posts, the default)")
    (line,) = letters.run(folder, "schedule", "--json").json["schedule"]
    assert line["is_default"] is True
    post = letters.world.posts[10].sent_at
    letters.clock.set(post - 10 * 60 * SECOND)
    (line,) = letters.run(folder, "schedule", "--json").json["schedule"]
    assert line["is_due"] is True
    letters.run(folder, "sync", "--due")
    letters.clock.set(post + HOUR)
    (line,) = letters.run(folder, "schedule", "--json").json["schedule"]
    assert line["is_due"] is False
    assert from_iso(line["next_at"]) >= post + 6 * HOUR


def test_what_fails_is_tried_again_later(letters: Newsletter) -> None:
    folder = folder_with(letters, "daily 05:00")
    letters.trouble("refused-key")
    letters.run(folder, "sync", "--due", code=4)
    said = letters.run(folder, "schedule").out
    assert "failing since " in said
    assert ": 1 failure in a row" in said
    assert ", again after a failure" in said
    assert letters.run(folder, "sync", "--due", "--json").json["runs"] == []
    letters.heal()
    letters.clock.set(letters.clock() + HOUR)
    assert len(letters.run(folder, "sync", "--due", "--json").json["runs"]) == 1
    assert "failing" not in letters.run(folder, "schedule").out


def test_an_earlier_call_that_is_still_at_work_is_no_failure(letters: Newsletter) -> None:
    """A first sync may take an hour, and cron calls every five minutes."""
    folder = folder_with(letters, "every 6 hours")
    settings = load_settings(folder / "regulars.toml")
    with Store(settings.store, purpose="sync"):
        said = letters.run(folder, "sync", "--due")
        assert "Another sync is under way" in said.err
    with Store(settings.store, purpose="verify"):
        letters.run(folder, "sync", "--due", code=8)


def test_due_stands_alone(letters: Newsletter) -> None:
    folder = folder_with(letters, "daily 05:00")
    for words in ((CONNECTION,), ("--full",), ("--accept-removals",)):
        said = letters.run(folder, "sync", "--due", *words, code=2)
        assert "--due stands alone" in said.err


def test_without_connections_there_is_nothing_to_schedule(letters: Newsletter) -> None:
    folder = letters.folder("empty", settings='[store]\nfolder = "data"\n')
    assert "no connection to sync" in letters.run(folder, "schedule").out
    assert letters.run(folder, "sync", "--due", "--json").json["runs"] == []


@pytest.mark.long
def test_the_running_server_does_what_is_due(letters: Newsletter) -> None:
    """It serves with --no-schedule here: cron asks, and the server holds the store."""
    folder = folder_with(letters, "every 6 hours")
    settings = load_settings(folder / "regulars.toml")
    with Store(settings.store, purpose="serve") as store, serving(settings, store, real_runtime()):
        runs = letters.run(folder, "sync", "--due", "--json").json["runs"]
        assert [run["state"] for run in runs] == ["complete"]
        assert letters.run(folder, "sync", "--due", "--json").json["runs"] == []
        said = letters.run(folder, "schedule")
        assert "its regular time" in said.out
        assert "No server is running" not in said.err
        assert letters.run(folder, "schedule", "--json").json["served"] is True
