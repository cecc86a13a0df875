"""Imports by the command line: the newer data win, and what was not used is said."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.command import Said, run

pytestmark = pytest.mark.long

HEADER = "id,email,joined_at,left_at,status,source\n"


@pytest.fixture
def regulars(tmp_path: Path) -> Callable[..., Said]:
    """The command line with a store of its own in ``tmp_path``."""
    config = tmp_path / "regulars.toml"
    config.write_text(f'[store]\nfolder = "{tmp_path / "data"}"\nfree_space_floor_mib = 0\n')
    return lambda *words: run(config, *words)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def imported(said: Said) -> Any:
    assert said.code == 0, said.out + said.err
    (one,) = said.json["runs"]
    return one


def people(regulars: Callable[..., Said], publication: str) -> dict[str, int]:
    said = regulars("report", "coverage", "--publication", publication, "--json")
    return {one["code"]: one["count"] for one in said.json["result"]["people"]}


# Three exports of one list. ada is there in January, has left in March by the first of March, and
# is shown as left again in May; bo comes in March and bounces in May.
EXPORTS = {
    "2025-01-31": "ada,ada@example.org,2024-01-02,,active,\n",
    "2025-03-31": "ada,ada@example.org,2024-01-02,2025-03-01,left,\n"
    "bo,bo@example.org,2025-03-02,,active,\n",
    "2025-05-31": "ada,ada@example.org,2024-01-02,2025-03-01,left,\n"
    "bo,bo@example.org,2025-03-02,2025-05-05,bounced,\n",
}
ENDED = {"left": 1, "unreachable": 1}


@pytest.mark.parametrize("order", list(itertools.permutations(EXPORTS)))
def test_exports_in_any_order_give_the_newest_standing(
    tmp_path: Path, regulars: Callable[..., Said], order: tuple[str, ...]
) -> None:
    for day in (*order, order[0]):
        folder = write(tmp_path / day, {"subscriptions.csv": HEADER + EXPORTS[day]})
        imported(regulars("import", "files", str(folder), "--publication", "letters", "--json"))
    assert people(regulars, "letters") == ENDED


def _by_folder(folder: Path, day: str) -> tuple[Path, list[str]]:
    return write(folder / day, {"subscriptions.csv": HEADER + EXPORTS[day]}), []


def _by_option(folder: Path, day: str) -> tuple[Path, list[str]]:
    place = write(folder / f"x{day[5:7]}", {"subscriptions.csv": HEADER + EXPORTS[day]})
    return place, ["--as-exported", day]


def _by_column(folder: Path, day: str) -> tuple[Path, list[str]]:
    rows = EXPORTS[day].replace(",\n", f",,{day}\n")
    text = HEADER.replace("\n", ",exported_at\n") + rows
    return write(folder / f"x{day[5:7]}", {"subscriptions.csv": text}), []


def _by_file(folder: Path, day: str) -> tuple[Path, list[str]]:
    place, _ = _by_option(folder, day)
    (folder / f"map{day}.toml").write_text('[subscriptions]\nfile = "list*.csv"\n')
    (place / "subscriptions.csv").rename(place / f"list {day}.csv")
    return place, ["--columns", str(folder / f"map{day}.toml")]


@pytest.mark.parametrize("how", [_by_folder, _by_option, _by_column, _by_file])
def test_an_older_export_is_passed_over_and_told(
    tmp_path: Path,
    regulars: Callable[..., Said],
    how: Callable[[Path, str], tuple[Path, list[str]]],
) -> None:
    for day in ("2025-05-31", "2025-01-31"):
        folder, words = how(tmp_path, day)
        one = imported(
            regulars("import", "files", str(folder), "--publication", "p", "--json", *words)
        )
    assert people(regulars, "p") == ENDED
    assert one["streams"][0]["changed"] == 0
    assert any("1 row differs from a newer export" in notice for notice in one["notices"])


def test_the_same_export_again_may_correct_itself(
    tmp_path: Path, regulars: Callable[..., Said]
) -> None:
    folder, _ = _by_folder(tmp_path, "2025-03-31")
    words = ("import", "files", str(folder), "--publication", "p", "--json")
    assert imported(regulars(*words))["streams"][0]["changed"] == 2
    assert imported(regulars(*words))["streams"][0]["changed"] == 0
    (folder / "subscriptions.csv").write_text(HEADER + EXPORTS["2025-05-31"])
    assert imported(regulars(*words))["streams"][0]["changed"] == 1


def test_two_downloads_of_one_name(tmp_path: Path, regulars: Callable[..., Said]) -> None:
    # The disk dates both alike, and by name the second download sorts first.
    maps = write(tmp_path, {"map.toml": '[subscriptions]\nfile = "list*.csv"\n'}) / "map.toml"
    folder = write(
        tmp_path / "both",
        {
            "list.csv": HEADER + EXPORTS["2025-01-31"],
            "list (1).csv": HEADER + EXPORTS["2025-05-31"],
        },
    )
    words = ("import", "files", str(folder), "--publication", "p", "--columns", str(maps))
    one = imported(regulars(*words, "--json"))
    assert people(regulars, "p") == ENDED
    assert (
        "subscriptions: 1 row came twice in the same walk. The newest one counts."
        in (one["notices"])
    )


def test_a_complete_older_export_removes_nobody_whom_a_newer_one_shows(
    tmp_path: Path, regulars: Callable[..., Said]
) -> None:
    newer, _ = _by_folder(tmp_path, "2025-03-31")
    older, _ = _by_folder(tmp_path, "2025-01-31")
    imported(regulars("import", "files", str(newer), "--publication", "p", "--json"))
    one = imported(
        regulars("import", "files", str(older), "--publication", "p", "--complete", "--json")
    )
    assert one["streams"][0]["gone"] == 0
    assert "unreachable" not in people(regulars, "p")


@pytest.mark.parametrize("text", ["some day", "2025-02-30", "2999-01-01"])
def test_a_date_of_export_that_cannot_be(
    tmp_path: Path, regulars: Callable[..., Said], text: str
) -> None:
    folder, _ = _by_folder(tmp_path, "2025-03-31")
    words = ("import", "files", str(folder), "--publication", "p", "--as-exported", text)
    said = regulars(*words)
    assert said.code == 2
    assert "--as-exported" in said.three_lines("parameter_wrong")["happened"]


MACHINE_MAP = """
[signals]
file = "opens.csv"
post_id = "post"
subscription_id = "who"
kind = { value = "open" }
at = "at"
MACHINE
"""


def test_opens_imported_again_with_their_machines_are_the_same_opens(
    tmp_path: Path, regulars: Callable[..., Said]
) -> None:
    # Three opens: one by a machine, one by an unknown agent, and one of each in the same second.
    folder = write(
        tmp_path / "in",
        {
            "posts.csv": "id,title,sent_at\np1,One,2025-01-07\n",
            "subscriptions.csv": HEADER + "s1,a@example.org,2024-01-01,,active,\n"
            "s2,b@example.org,2024-01-01,,active,\ns3,c@example.org,2024-01-01,,active,\n",
            "opens.csv": "post,who,at,agent\np1,s1,2025-01-08,apple\np1,s2,2025-01-08,other\n"
            "p1,s3,2025-01-08,other\np1,s3,2025-01-08,apple\n",
        },
    )
    counted = []
    for machine in (
        "",
        'machine = { column = "agent", words = { apple = "true" }, otherwise = "" }',
    ):
        maps = write(tmp_path, {"map.toml": MACHINE_MAP.replace("MACHINE", machine)}) / "map.toml"
        words = ("import", "files", str(folder), "--publication", "p", "--columns", str(maps))
        one = imported(regulars(*words, "--json"))
        assert imported(regulars(*words, "--json"))["streams"][2]["changed"] == 0
        opens = regulars("report", "coverage", "--publication", "p", "--json").json["result"]
        counted.append({row["code"]: row["count"] for row in opens["opens"]})
        assert one["streams"][2]["seen"] == 4
    # Without the agent the two of s3 are one row.
    assert counted == [{"unknown": 3}, {"machine": 2, "unknown": 2}]


# What was not used

FOLDER = {
    "posts.csv": "id,title,sent_at\np1,One,2025-01-07\np2,Two,never\n",
    "subscriptions.csv": HEADER + "s1,a@example.org,2024-01-01,,active,\n",
    "signals.csv": "post_id,subscription_id,kind,at,machine,url,mood\n"
    "p1,s1,open,2025-01-08,,,fine\np1,s9,open,2025-01-08,,,\np9,s1,open,2025-01-08,,,\n",
    "notes/readme.txt": "invented\n",
}


def _facts(found: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(one["why"], one["name"], one["detail"] or ",".join(one["columns"])) for one in found}


def test_an_import_says_what_it_did_not_use(tmp_path: Path, regulars: Callable[..., Said]) -> None:
    folder = write(tmp_path / "in", FOLDER)
    words = ("import", "files", str(folder), "--publication", "p")
    dry = regulars(*words, "--dry-run", "--json").json
    assert not (tmp_path / "data").exists()
    assert not list(folder.glob("*.rejected.csv*"))
    one = imported(regulars(*words, "--json"))
    rejected = folder / "posts.rejected.csv"
    reason = "sent_at is not a time; write it like 2025-03-01T08:30:00Z or 2025-03-01"
    expected = {
        ("refused", "posts.csv", reason),
        ("columns", "signals.csv", "mood"),
        ("unmatched", "notes/readme.txt", ""),
    }
    assert _facts(dry["unused"]) == expected
    assert _facts(one["unused"]) == expected | {("rejected", rejected.name, str(rejected))}
    for notices in (dry["notices"], one["notices"]):
        assert "1 signal names no known post and counts for nobody until you import it." in notices
        assert "1 signal names no known person and counts for nobody until you import it." in (
            notices
        )
        assert f"1 row of posts.csv was rejected: {reason} (1)." in notices
        assert "1 file was read by no table: notes/readme.txt." in notices
    assert f"Rejected rows are listed in {rejected}." in one["notices"]
    assert [(s["stream"], s["seen"], s["quarantined"]) for s in dry["streams"]] == [
        (s["stream"], s["seen"], s["quarantined"]) for s in one["streams"]
    ]
    again = regulars(*words, "--dry-run").out
    assert "p-files: nothing was written" in again
    assert "posts: 1 would be imported, 1 could not be read" in again


def test_a_dry_run_knows_what_the_store_knows(
    tmp_path: Path, regulars: Callable[..., Said]
) -> None:
    folder = write(tmp_path / "in", FOLDER)
    words = ("import", "files", str(folder), "--publication", "p")
    imported(regulars(*words, "--json"))
    (folder / "posts.csv").unlink()
    (folder / "subscriptions.csv").unlink()
    notices = regulars(*words, "--dry-run", "--json").json["notices"]
    assert len([notice for notice in notices if "names no known" in notice]) == 2


# Advice that can be followed


def test_held_removals_name_the_option_of_the_import(
    tmp_path: Path, regulars: Callable[..., Said]
) -> None:
    rows = [f"s{number},r{number}@example.org,2024-01-01,,active,\n" for number in range(6)]
    folder = write(tmp_path / "in", {"subscriptions.csv": HEADER + "".join(rows)})
    words = ("import", "files", str(folder), "--publication", "p")
    imported(regulars(*words, "--json"))
    write(folder, {"subscriptions.csv": HEADER + "".join(rows[:-1])})
    one = imported(regulars(*words, "--complete", "--json"))
    (notice,) = one["notices"]
    assert notice.startswith("1 person is missing in the files, more than a tenth.")
    assert notice.endswith("until you import the files once more with --accept-removals.")
    status = regulars("status").out
    assert "sync --accept-removals" not in status
    one = imported(regulars(*words, "--complete", "--accept-removals", "--json"))
    assert one["streams"][0]["gone"] == 1


WRONG_MAPS = {
    "no TOML": "# Heading\nplain words\n",
    "no such table": "[people]\n",
    "one address for two": '[subscriptions]\nid = "Mail"\nemail = "Mail"\n',
    "no such column": '[posts]\nmood = "x"\n',
}


@pytest.mark.parametrize("case", WRONG_MAPS)
def test_a_wrong_map_is_told_by_its_own_name(
    tmp_path: Path, regulars: Callable[..., Said], case: str
) -> None:
    folder = write(tmp_path / "in", FOLDER)
    maps = write(tmp_path, {"mine.toml": WRONG_MAPS[case]}) / "mine.toml"
    said = regulars("import", "files", str(folder), "--publication", "p", "--columns", str(maps))
    assert said.code == 2
    told = said.three_lines("parameter_wrong")
    assert told["happened"].startswith(str(maps))
    assert told["to_do"] == "Correct the column map as described in docs/how-to/import-files.md."
    assert "doctor" not in json.dumps(told)
    assert not (tmp_path / "data").exists()
