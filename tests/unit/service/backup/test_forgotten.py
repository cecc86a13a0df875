"""Forgetting rewrites entries in their place. Backups know their store again all the same."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.kept_backup import Kept, kept_in

from regulars.backup import make_backup
from regulars.backup.manifest import read_manifest
from regulars.errors import UsageWrong
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.journal_redaction import redact_journal
from regulars.store.journal_view import view_journal
from regulars.store.proven_backups import last_proven
from regulars.store.verify import verify_store

pytestmark = pytest.mark.long

EXAMPLE = Path(__file__).parents[4] / "docs" / "how-to" / "import-files-example"
NAME, PERSON, ANOTHER = "invented-letters", "reader1@example.org", "reader2@example.org"


def settings_of(kept: Kept) -> StoreSettings:
    return StoreSettings(folder=kept.store, free_space_floor_mib=0, threads=1)


def note_run(kept: Kept, about: str) -> int:
    """A run whose reason names somebody, as the newest entry. Returns its number."""
    with Store(settings_of(kept)) as store, store.writing:
        number = len(store.journal) + 1
        facts: dict[str, Any] = {"kind": "run", "at": number, "run": f"run_{secrets.token_hex(8)}"}
        facts |= {"publication": NAME, "connection": f"{NAME}-files", "connector": "files"}
        facts |= {"started_at": 1, "ended_at": number, "outcome": "partial"}
        store.append(facts | {"reason": f"a page about {about} was cut", "streams": []})
        return len(store.journal)


@pytest.fixture(scope="module")
def _named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = kept_in(tmp_path_factory.mktemp("named") / "kept")
    note_run(made, PERSON)
    made.run("import", "files", str(EXAMPLE), "--publication", NAME)
    note_run(made, ANOTHER)
    made.back_up()
    return made.folder


@pytest.fixture
def kept(_named: Path, tmp_path: Path) -> Kept:
    """A store and its backup. The first entry names one person, and the last one another."""
    made = kept_in(tmp_path / "kept")
    for part in ("data", "backup"):
        shutil.copytree(_named / part, made.folder / part)
    return made


def is_in(folder: Path, address: str) -> bool:
    """Whether the address stands in a file, as bytes or as a value."""
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        content = path.read_bytes()
        if content.startswith(b"PAR1"):
            content += repr(pq.read_table(path).to_pylist()).encode()
        if address.encode() in content:
            return True
    return False


def rewritten(kept: Kept, number: int) -> tuple[str, bool]:
    """The digest of an entry now, and whether it still names anybody."""
    with Store(settings_of(kept)) as store:
        return store.journal.digest(number), "@" in str(store.journal.entry(number).facts)


@pytest.mark.parametrize("person", [PERSON, ANOTHER], ids=["first entry", "last entry"])
def test_the_backup_of_a_store_that_forgot_goes_on(kept: Kept, person: str) -> None:
    assert is_in(kept.backup, person)
    before = read_manifest(kept.backup)
    number = 1 if person == PERSON else before.entries
    digest, _ = rewritten(kept, number)
    kept.run("forget", person, "--yes")
    assert rewritten(kept, number) != (digest, True)
    assert rewritten(kept, number)[0] != digest
    assert not rewritten(kept, number)[1]
    kept.back_up()
    after = read_manifest(kept.backup)
    assert after.store == before.store
    assert after.entries > before.entries
    assert not is_in(kept.backup, person)
    kept.run("verify", str(kept.backup))
    proven = last_proven(kept.store)
    assert proven is not None
    assert proven.entry == after.entries
    new = kept.elsewhere()
    assert new.run("restore", str(kept.backup), "--json").json["differences"] == []
    assert not is_in(new.store, person)
    with Store(settings_of(new)) as store:
        assert verify_store(store) == []


def test_an_older_backup_is_still_known_and_its_restore_keeps_the_person_out(kept: Kept) -> None:
    older = kept.folder / "older"
    shutil.copytree(kept.backup, older)
    for person in (PERSON, ANOTHER):
        kept.run("forget", person, "--yes")
    kept.run("verify", str(older))
    assert last_proven(kept.store) is not None
    shutil.rmtree(kept.store)
    assert kept.run("restore", str(older), "--json").json["forgotten"] == 2
    assert not is_in(kept.store, PERSON)
    assert not is_in(kept.store, ANOTHER)
    kept.run("backup", str(older))
    assert not is_in(older, PERSON)


def test_another_store_and_another_way_stay_refused_where_both_forgot(kept: Kept) -> None:
    twin, other = kept.elsewhere("twin"), kept.elsewhere("other")
    shutil.copytree(kept.store, twin.store)
    note_run(other, PERSON)
    other.run("import", "files", str(EXAMPLE), "--publication", NAME)
    for one in (kept, twin, other):
        one.run("forget", PERSON, "--yes")
    kept.back_up()
    said = twin.run("backup", str(kept.backup), code=2).three_lines("parameter_wrong")
    assert "different ways" in said["happened"]
    said = other.run("backup", str(kept.backup), code=2).three_lines("parameter_wrong")
    assert "another store" in said["happened"]


def test_a_changed_entry_is_another_way_where_nobody_was_forgotten(kept: Kept) -> None:
    """Without forgetting, an entry keeps every byte."""
    journal = kept.store / "journal"
    mentions, stars = ANOTHER.encode(), "*" * len(ANOTHER)
    assert redact_journal(
        journal, lambda one: mentions in one, lambda one: one.replace(ANOTHER, stars)
    )
    (journal / "acknowledged").unlink()
    before = read_manifest(kept.backup)
    assert view_journal(journal).outline(before.entries) == before.entry_outline
    with pytest.raises(UsageWrong, match="different ways"):
        make_backup(kept.store, kept.backup, 1, lambda: None)
