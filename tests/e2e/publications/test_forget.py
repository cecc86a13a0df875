"""A person who is forgotten, over the command line and a real store."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.command import run
from support.newsletter import tables
from support.organisation import Provider
from support.three_publications import assert_whole, say, store_of

pytestmark = pytest.mark.long

KILLED = str(Path(__file__).parents[2] / "support" / "killed_command.py")


def traces(folder: Path, *marks: str) -> list[str]:
    """Every file with one of the marks, as bytes or in its decoded values."""
    found = []
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        content = path.read_bytes().lower()
        if path.suffix == ".parquet":
            content += repr(pq.read_table(path).to_pylist()).lower().encode()
        found += [f"{path.name}: {mark}" for mark in marks if mark.lower().encode() in content]
    return found


def somebody(folder: Path, publication: str = "pub-2") -> tuple[str, str, str]:
    """An address, the provider's id and the person's id."""
    with store_of(folder) as store, store.read() as cursor:
        ((email, name, person),) = cursor.execute(
            "SELECT w.email, w.id, p.person_id FROM words AS w JOIN people AS p"
            " ON p.connection = w.connection AND p.subscription_id = w.id"
            " WHERE w.publication = $publication ORDER BY w.id LIMIT 1",
            {"publication": publication},
        ).fetchall()
    return email, name, person


def holders(folder: Path, address: str) -> list[str]:
    with store_of(folder) as store, store.read() as cursor:
        rows = cursor.execute(
            "SELECT DISTINCT publication FROM words WHERE email = $address ORDER BY ALL",
            {"address": address},
        ).fetchall()
    return [name for (name,) in rows]


def test_a_forgotten_person_leaves_no_trace_and_stays_out(folder: Path) -> None:
    marks = somebody(folder)
    others = tables(folder)
    with store_of(folder) as store, store.read() as cursor:
        keys = cursor.execute(
            "SELECT signal_key FROM signals WHERE subscription_id = $name", {"name": marks[1]}
        ).fetchall()
    signals_of = [f"'{kind}/{key}'" for (key,) in keys for kind in ("poll", "comment")]
    shown = say(folder, "forget", marks[0], "--dry-run")
    assert "1 person in pub-2" in shown.out
    assert "history files to rewrite: " in shown.out
    assert tables(folder) == others
    said = say(folder, "forget", marks[0], "--yes")
    assert "Backups made before today still hold this person" in said.out
    assert not [mark for mark in marks if mark in said.out + said.err]
    assert traces(folder, *marks) == []
    assert_whole(folder)
    after = tables(folder)
    theirs = (*marks, *signals_of)
    for table, rows in others.items():
        kept = [row for row in rows if not any(mark in row for mark in theirs)]
        assert sorted(after[table]) == sorted(kept), table
    say(folder, "sync")
    assert traces(folder, *marks) == []
    again = say(folder, "forget", marks[0], "--yes")
    assert "forgotten already" in again.out
    for path in (folder / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_receipt_has_no_personal_data(folder: Path) -> None:
    marks = somebody(folder)
    said = say(folder, "forget", marks[2], "--yes", "--json")
    receipt = said.json["receipt"]
    assert receipt["action"].startswith("fgt_")
    assert receipt["preview"]["publications"] == ["pub-2"]
    assert not [mark for mark in marks if mark in said.out]


def test_a_person_in_two_publications_goes_from_both_unless_one_is_named(folder: Path) -> None:
    address, _, _ = somebody(folder, "pub-1")
    other, name, _ = somebody(folder, "pub-2")
    give_address(folder, "pub-2", name, address)
    assert holders(folder, address) == ["pub-1", "pub-2"]
    shown = say(folder, "forget", address, "--dry-run")
    assert "2 people in pub-1, pub-2" in shown.out
    one = say(folder, "forget", address, "--publication", "pub-1", "--yes")
    assert "also in pub-2: stays there" in one.out
    assert holders(folder, address) == ["pub-2"]
    say(folder, "forget", address, "--yes")
    assert traces(folder, address, other) == []


def give_address(folder: Path, publication: str, name: str, address: str) -> None:
    """A later history file in which somebody has another address."""
    with store_of(folder) as store, store.writing:
        connection = f"{publication}-beehiiv"
        target = store.history.temporary(f"by-hand-{store.version + 1:08d}-words")
        with store.read() as cursor:
            cursor.execute(
                "COPY (SELECT * EXCLUDE (entry) REPLACE ($address AS email) FROM words"
                f" WHERE id = $name) TO '{target}' (FORMAT parquet)",
                {"name": name, "address": address},
            )
        file = store.history.place(target, publication, "words", 1)
        store.append(
            {
                "kind": "pull", "at": 1, "publication": publication, "connection": connection,
                "run": "by-hand", "files": [file.facts()],
            }
        )  # fmt: skip


def test_an_address_nobody_has(folder: Path) -> None:
    before = tables(folder)
    said = say(folder, "forget", "nobody@example.org", "--yes", code=2)
    assert said.three_lines("not_found")["happened"] == "Nobody in the store has that address."
    say(folder, "forget", "per_unknown", "--yes", code=2)
    say(folder, "forget", " ", "--yes", code=2)
    say(folder, "forget", "nobody@example.org", "--publication", "pub-9", "--yes", code=2)
    assert tables(folder) == before


def test_an_ambiguous_id(folder: Path) -> None:
    _, name, person = somebody(folder)
    with store_of(folder) as store, store.read() as cursor:
        cursor.execute(
            "INSERT INTO people VALUES ('pub-1', 'pub-1-beehiiv', $name, 'per_other')",
            {"name": name},
        )
    said = say(folder, "forget", name, "--yes", code=2)
    lines = said.three_lines("parameter_wrong")
    assert f"{person} in pub-2" in lines["happened"]
    assert "--publication" in lines["to_do"]


def test_nobody_goes_without_a_yes(folder: Path) -> None:
    before = tables(folder)
    address, _, _ = somebody(folder)
    say(folder, "forget", address, "--no-input", code=2)
    assert (
        "Nothing was changed." in run(folder / "regulars.toml", "forget", address, typed="n\n").err
    )
    assert tables(folder) == before


def test_while_another_process_owns_the_store(folder: Path) -> None:
    address, _, _ = somebody(folder)
    with store_of(folder):
        said = say(folder, "forget", address, "--yes", code=8)
    assert "holds the store" in said.three_lines("store_locked")["happened"]
    assert traces(folder / "data" / "history", address)


def test_it_says_before_it_acts_what_goes_and_that_nothing_brings_it_back(folder: Path) -> None:
    address, _, _ = somebody(folder)
    for words in (("--dry-run",), ("--yes",)):
        said = say(folder, "forget", address, *words).out
        assert "1 person in pub-2" in said
        assert "This cannot be undone" in said
        assert re.search(r"Backups made before today hold them until \d{4}-\d\d-\d\d\.", said)
        done = said.find("Forgotten. Receipt")
        assert done == -1 or done > said.index("This cannot be undone")


def test_somebody_who_came_back_is_let_in_by_order(folder: Path) -> None:
    address, name, _ = somebody(folder)
    said = say(folder, "forget", address, "--lift", code=2)
    assert "was forgotten" in said.three_lines("not_found")["happened"]
    say(folder, "forget", address, "--yes")
    say(folder, "sync")
    assert holders(folder, address) == []
    shown = say(folder, "forget", address, "--lift", "--dry-run")
    assert "Would let this person into pub-2 again." in shown.out
    say(folder, "sync")
    assert holders(folder, address) == []
    said = say(folder, "forget", address, "--lift")
    assert "Let into pub-2 again." in said.out
    assert address not in said.out + said.err
    assert "let in already" in say(folder, "forget", name, "--lift").out
    again = say(folder, "forget", address, "--lift", "--json").json
    assert (again["lifted"], again["publications"]) == (False, [])
    say(folder, "sync")
    assert holders(folder, address) == ["pub-2"]
    assert_whole(folder)
    say(folder, "forget", address, "--yes")
    say(folder, "sync")
    assert traces(folder, address, name) == []


def test_letting_in_needs_the_store_for_itself(folder: Path) -> None:
    address, _, _ = somebody(folder)
    say(folder, "forget", address, "--yes")
    with store_of(folder):
        said = say(folder, "forget", address, "--lift", code=8)
    assert "holds the store" in said.three_lines("store_locked")["happened"]


STEPS = (
    "_begin", "save_list", "redact_entries", "clear_caches", "clear_other_files",
    "write_replacements", "end_action", "remove_replaced",
)  # fmt: skip


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "step",
    [*(f"regulars.store.erasure:{name}" for name in STEPS), "regulars.store.store:Store.rebuild"],
)
def test_killed_at_each_step_twice_in_a_row(
    provider: Provider, folder: Path, tmp_path: Path, step: str, when: str
) -> None:
    marks = somebody(folder)
    never_killed = Path(shutil.copytree(folder, tmp_path / "never-killed"))
    say(never_killed, "forget", marks[0], "--yes")
    command = [sys.executable, KILLED, str(provider.clock()), step, when]
    command += ["--config", str(folder / "regulars.toml"), "forget", marks[0], "--yes"]
    codes = [subprocess.run(command, capture_output=True, check=False).returncode for _ in "ab"]
    assert codes[0] == -signal.SIGKILL
    assert codes[1] in (-signal.SIGKILL, 0)
    assert run(folder / "regulars.toml", "forget", marks[0], "--yes").code == 0
    assert traces(folder, *marks) == []
    assert_whole(folder)
    found, wanted = tables(folder), tables(never_killed)
    for table, rows in wanted.items():
        assert sorted(found[table]) == sorted(rows), table
