"""Exports that come in another order than they were made: the newer data win, nothing is lost.

What is right was worked out by hand from what each export says of its own day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from support.command import run

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import verify_store

pytestmark = pytest.mark.long

HEADER = "id,email,joined_at,left_at,status,source\n"
POSTS = "id,title,sent_at\np1,One,2025-02-10\np2,Two,2025-03-10\n"
JAN, FEB, MAR = "2025-01-31", "2025-02-28", "2025-03-31"
Bring = Callable[..., Any]


def people(**status: str) -> str:
    """subscriptions.csv with a row for each person, who joined with the year 2024."""
    return HEADER + "".join(
        f"{name},{name}@example.org,2024-01-01,,{word},\n" for name, word in status.items()
    )


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """Import files as they were on a day. Returns the run."""
    config = tmp_path / "regulars.toml"
    config.write_text(f'[store]\nfolder = "{tmp_path / "data"}"\nfree_space_floor_mib = 0\n')

    def bring(day: str, files: Mapping[str, str] | str, *words: str, code: int = 0) -> Any:
        folder = tmp_path / f"e{len(list(tmp_path.glob('e*')))}" / day
        folder.mkdir(parents=True)
        named = {"subscriptions.csv": files} if isinstance(files, str) else files
        for name, text in named.items():
            (folder / name).write_text(text)
        said = run(config, "import", "files", str(folder), "--publication", "p", "--json", *words)
        assert said.code == code, said.out + said.err
        return said.json["runs"][0]

    return bring


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    """Ask the store, once its tables proved equal to a rebuild."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        with Store(StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)) as store:
            assert verify_store(store) == []
            with store.read() as cursor:
                return cursor.execute(query).fetchall()

    return ask


@pytest.fixture
def spells(ask: Callable[[str], list[Any]]) -> Callable[[], dict[str, list[str]]]:
    """Of everybody, from when to when they stood. Nothing behind the dash: they still stand."""

    def spells() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, starts_at, ends_at in ask(
            "SELECT subscription_id, starts_at, ends_at FROM spells('p') ORDER BY ALL"
        ):
            end = "" if ends_at.year == 9999 else f"{ends_at:%Y-%m-%d}"
            found.setdefault(name, []).append(f"{starts_at:%Y-%m-%d} - {end}".strip())
        return found

    return spells


def in_every_order(*exports: Any) -> Any:
    return pytest.mark.parametrize("order", list(permutations(exports)))


ALL = ("--complete", "--accept-removals")
STOOD = ["2024-01-01 -"]


@in_every_order(
    (JAN, people(ada="active", bo="active", cy="active"), ()),
    (FEB, people(ada="active", bo="active"), ALL),
    (MAR, people(ada="active"), ALL),
)
def test_whom_a_newer_complete_export_lacks_is_gone(
    bring: Bring, spells: Any, ask: Any, order: Sequence[Any]
) -> None:
    for day, files, words in (*order, order[0]):
        bring(day, files, *words)
    gone = {"bo": ["2024-01-01 - 2025-03-31"], "cy": ["2024-01-01 - 2025-02-28"]}
    assert spells() == {"ada": STOOD} | gone
    removed = "SELECT subscription_id FROM subscriptions WHERE presence = 'removed' ORDER BY 1"
    assert ask(removed) == [
        ("bo",), ("cy",)
    ]  # fmt: skip


@in_every_order(
    (JAN, {"subscriptions.csv": people(ada="active", bo="active"), "posts.csv": POSTS}, ALL),
    (FEB, people(ada="active"), ALL),
    (MAR, people(ada="active", bo="active"), ALL),
)
def test_who_was_out_between_two_exports_came_back(
    bring: Bring, spells: Any, order: Sequence[Any]
) -> None:
    # The post of 10 March passed bo by.
    for day, files, words in order:
        bring(day, files, *words)
    assert spells() == {"ada": STOOD, "bo": ["2024-01-01 - 2025-02-28", "2025-03-31 -"]}


@in_every_order(
    (JAN, people(ada="active", bo="active"), ()),
    (FEB, people(ada="left", bo="left"), ()),
    (MAR, people(ada="active", bo="bounced"), ()),
)
@pytest.mark.parametrize("posts", [POSTS, POSTS[: POSTS.index("p2")]], ids=["passed by", "none"])
def test_a_standing_that_flips_and_flips_back(
    bring: Bring, spells: Any, order: Sequence[Any], posts: str
) -> None:
    # The post of 10 March passed ada by, so she came back. Without it she never left. bo left in
    # February, whatever came later.
    for day, files, words in order:
        bring(day, {"subscriptions.csv": files, "posts.csv": posts}, *words, "--accept-removals")
    back = ["2024-01-01 - 2025-02-28", "2025-03-31 -"] if "p2" in posts else STOOD
    assert spells() == {"ada": back, "bo": ["2024-01-01 - 2025-02-28"]}


@in_every_order(
    (JAN, people(ada="active", bo="active"), ()),
    (MAR, people(ada="active") + "bo,,some day,,active,\n", ALL),
)
def test_whose_row_a_complete_export_could_not_read_is_there(
    bring: Bring, spells: Any, order: Sequence[Any]
) -> None:
    for day, files, words in order:
        # More than a hundredth of two people could not be read, which is said.
        bring(day, files, *words, code=6 if day == MAR else 0)
    assert spells() == {"ada": STOOD, "bo": STOOD}


def test_many_whom_an_older_complete_export_lacks_wait_for_the_owner(
    bring: Bring, spells: Any
) -> None:
    # Twelve in January and in March; a list of two of February comes last.
    names = [f"r{number}" for number in range(12)]
    everybody = people(**dict.fromkeys(names, "active"))
    bring(JAN, {"subscriptions.csv": everybody, "posts.csv": POSTS})
    bring(MAR, everybody)
    few = people(r0="active", r1="active")
    held = bring(FEB, few, "--complete")
    (stream,) = [one for one in held["streams"] if one["stream"] == "subscriptions"]
    assert stream["held_removals"] == 10
    assert any("10 people are missing in the files" in text for text in held["notices"])
    assert spells() == dict.fromkeys(names, STOOD)
    # A look that waits proves nothing of whom an older export shows first either.
    bring("2025-01-15", people(old="active"))
    assert spells()["old"] == STOOD
    bring(FEB, few, *ALL)
    left = ["2024-01-01 - 2025-02-28", "2025-03-31 -"]
    assert spells() == {name: STOOD if name in ("r0", "r1") else left for name in names} | {
        "old": ["2024-01-01 - 2025-02-28"]
    }


def test_many_who_left_between_two_exports_wait_as_well(bring: Bring, spells: Any) -> None:
    bring(JAN, {"subscriptions.csv": people(ada="active", bo="active"), "posts.csv": POSTS})
    bring(MAR, people(ada="active", bo="active"))
    held = bring(FEB, people(ada="left", bo="left"))
    assert held["streams"][0]["held_changes"] == 2
    assert spells() == {"ada": STOOD, "bo": STOOD}
    bring(FEB, people(ada="left", bo="left"), "--accept-removals")
    assert spells()["bo"] == ["2024-01-01 - 2025-02-28", "2025-03-31 -"]


@in_every_order(
    (JAN, "id,title,sent_at\np1,One,2025-01-10\np2,Two,2025-01-17\n", ()),
    (MAR, "id,title,sent_at\np1,One,2025-01-10\np3,Three,2025-03-10\n", ("--complete",)),
)
def test_a_post_that_a_newer_complete_export_lacks_is_gone(
    bring: Bring, ask: Any, order: Sequence[Any]
) -> None:
    for day, text, words in order:
        bring(day, {"posts.csv": text}, *words)
    found = ask("SELECT id, presence, strftime(absent_since, '%Y-%m-%d') FROM posts ORDER BY id")
    assert found == [("p1", "present", None), ("p2", "removed", MAR), ("p3", "present", None)]


SIGNALS = "post_id,subscription_id,kind,at,machine,url,id,text\n"


@in_every_order(
    (JAN, "p1,ada,open,2025-01-11T08:00:00Z,,,e1,\np1,ada,reply,2025-01-12,,,e2,Hello\n"),
    (MAR, "p1,ada,open,2025-01-11T08:00:00Z,true,,e1,\np1,ada,reply,2025-01-12,,,e2,Hello!\n"),
)
def test_an_older_export_undoes_no_signal_that_a_newer_one_corrected(
    bring: Bring, ask: Any, order: Sequence[Any]
) -> None:
    runs = [bring(day, {"signals.csv": SIGNALS + text}) for day, text in (*order, order[0])]
    assert ask("SELECT kind, signal_key, machine FROM signals ORDER BY kind") == [
        ("open", "e1", True), ("reply", "e2", None)
    ]  # fmt: skip
    older = runs[1] if order[0][0] == MAR else runs[2]
    assert any("1 row differs from a newer export" in text for text in older["notices"])


@in_every_order(
    (JAN, "p1,ada,open,2025-01-11T08:00:00Z,,,,\np1,ada,click,,,https://a.example,,\n"),
    (FEB, "p1,ada,open,2025-01-11T08:00:00Z,false,,,\np1,ada,click,,,https://a.example,,\n"),
)
def test_a_signal_without_an_id_is_one_signal_in_all_exports(
    bring: Bring, ask: Any, order: Sequence[Any]
) -> None:
    # What made the open is known in February. It happened once, and the newer word counts.
    for day, text in (*order, order[0]):
        bring(day, {"signals.csv": SIGNALS + text})
    assert ask("SELECT kind, machine FROM signals ORDER BY kind") == [
        ("click", None), ("open", False)
    ]  # fmt: skip
