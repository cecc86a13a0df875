"""What a backup or a restore meets that is wrong: it is named, and nothing else is touched."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.keep_store import EVERYBODY, LISTED
from support.kept_backup import KEPT, Kept, kept_store

from regulars.backup import make_backup, prove_backup
from regulars.backup.manifest import Figure, read_manifest, write_manifest
from regulars.errors import BackupDamaged, DiskFull
from regulars.store.journal import Journal
from regulars.store.lock import FolderLock

pytestmark = pytest.mark.long


EXAMPLE = Path(__file__).parents[4] / "docs" / "how-to" / "import-files-example"
NOW = 1_796_000_000_000_000


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refused(kept: Kept, code: str, exit_code: int, *words: str) -> dict[str, str]:
    """What the command says, which leaves the backup as it is."""
    before = content_of(kept.backup)
    said = kept.run(*words, code=exit_code).three_lines(code)
    assert content_of(kept.backup) == before
    return said


def import_more(kept: Kept) -> None:
    kept.run("import", "files", str(EXAMPLE), "--publication", "more")


@pytest.mark.usefixtures("figures_of_all_days")
@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "encrypted"])
def test_stores_of_released_versions(
    tmp_path: Path, version: str, is_encrypted: bool, age_key: tuple[Path, str]
) -> None:
    old = kept_store(tmp_path / "old", version)
    identity, recipient = age_key
    old.back_up(*(["--encrypt-to", recipient] if is_encrypted else []))
    new = old.elsewhere()
    words = ["--identity", str(identity)] if is_encrypted else []
    assert new.run("restore", str(old.backup), *words, "--json").json["differences"] == []
    said = json.loads((KEPT / version / "answers.json").read_text())
    for publication, day in (("letters", "2026-06-01"), ("brought", "2026-11-20")):
        words = ["--publication", publication, "--as-of", day, "--json"]
        house = new.run("report", "house", *words).json["result"]["by_rule"]
        kept_figure = said[publication]["sustained_readers"]
        assert (house and {key: house[key] for key in kept_figure}) == kept_figure
        people = new.run("report", "regulars", *words, *EVERYBODY).json["result"]["people"]
        listed = sorted(one["id"] for one in people if one["rule_state"] in LISTED)
        assert listed == said[publication]["regulars"]


def test_a_backup_cut_in_the_middle_leaves_the_earlier_one(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_more(kept)
    before = read_manifest(kept.backup)

    def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("regulars.backup.make.write_manifest", cut)
        with pytest.raises(KeyboardInterrupt):
            make_backup(kept.store, kept.backup, NOW, lambda: None)
    assert read_manifest(kept.backup) == before
    assert kept.run("verify", str(kept.backup), "--json").json["faults"] == []
    # What the cut one copied counts for the next.
    assert kept.back_up("--json").json["copied"] <= 1


def test_a_backup_without_some_of_its_files_is_refused_and_names_them(kept: Kept) -> None:
    gone = sorted((kept.backup / "objects").iterdir())[5]
    gone.unlink()
    said = refused(kept, "backup_damaged", 7, "restore", str(kept.backup))["happened"]
    assert f"objects/{gone.name} is missing" in said
    new = kept.elsewhere()
    new.run("restore", str(kept.backup), code=7)
    assert not new.store.exists()
    # The store still has it, so the next backup mends this one.
    kept.back_up()
    assert kept.run("verify", str(kept.backup)).code == 0


def test_wrong_digests_are_named(kept: Kept) -> None:
    harmed = sorted((kept.backup / "objects").iterdir())[3]
    content = bytearray(harmed.read_bytes())
    content[len(content) // 2] ^= 1
    harmed.write_bytes(content)
    said = kept.run("verify", str(kept.backup), "--json", code=7).json
    assert said["faults"] == [f"objects/{harmed.name} has changed since it was written"]
    assert "backups.json" not in content_of(kept.store)
    said = kept.elsewhere().run("restore", str(kept.backup), code=7)
    assert harmed.name in said.three_lines("backup_damaged")["happened"]


def test_a_changed_manifest_is_refused(kept: Kept) -> None:
    path = kept.backup / "manifest.json"
    path.write_text(path.read_text().replace('"entries": 70', '"entries": 69'))
    assert "differs" in refused(kept, "backup_damaged", 7, "verify", str(kept.backup))["happened"]
    refused(kept, "backup_damaged", 7, "backup", str(kept.backup))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[", b"null", b'{"format": "one"}', b'{"a":' * 100_000]
)
def test_a_manifest_that_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(BackupDamaged, match=r"manifest\.json differs"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("made_at", ["yesterday", "", "0001-01-01T00:00:00+23:59x"])
def test_a_manifest_without_a_time(kept: Kept, made_at: str) -> None:
    write_manifest(
        kept.backup, msgspec.structs.replace(read_manifest(kept.backup), made_at=made_at)
    )
    for words in (("verify",), ("restore",), ("backup",)):
        said = refused(kept, "backup_damaged", 7, *words, str(kept.backup))
        assert "manifest.json differs" in said["happened"]


def test_figures_that_a_newer_version_noted(kept: Kept) -> None:
    """Settings that this version cannot read: told as a difference, and the store is there."""

    def of_a_newer_version() -> list[Figure]:
        return [Figure({"name": "letters", "house_size": "vast"}, "2026-06-01", {})]

    import_more(kept)
    make_backup(kept.store, kept.backup, NOW, of_a_newer_version)
    new = kept.elsewhere()
    said = new.run("restore", str(kept.backup), code=7)
    assert "a figure at 2026-06-01 has settings that this version cannot read" in said.out
    assert new.run("verify").code == 0


def test_a_backup_of_a_newer_version(kept: Kept) -> None:
    path = kept.backup / "manifest.json"
    newer = json.loads(path.read_text()) | {"format": 2, "program": "9.1", "new": []}
    path.write_text(json.dumps(newer))
    for words in (("restore", str(kept.backup)), ("verify", str(kept.backup))):
        said = refused(kept, "parameter_wrong", 2, *words)
        assert "Regulars 9.1" in said["happened"]
        assert "Install" in said["to_do"]
    refused(kept, "parameter_wrong", 2, "backup", str(kept.backup))


def test_restored_over_a_store_that_is_in_use(kept: Kept) -> None:
    before = content_of(kept.store)
    lock = FolderLock(kept.store, purpose="serve")
    try:
        said = refused(kept, "store_locked", 8, "restore", str(kept.backup))
    finally:
        lock.release()
    assert "in use" in said["happened"]
    assert content_of(kept.store) == before


def test_restored_over_a_store_or_into_another_folder_with_files(kept: Kept) -> None:
    before = content_of(kept.store)
    assert (
        "not empty" in refused(kept, "settings_wrong", 3, "restore", str(kept.backup))["happened"]
    )
    assert content_of(kept.store) == before
    new = kept.elsewhere()
    new.store.mkdir()
    (new.store / "notes.txt").write_text("mine")
    said = new.run("restore", str(kept.backup), code=3).three_lines("settings_wrong")
    assert "notes.txt" in said["happened"]
    assert content_of(new.store) == {"notes.txt": b"mine"}


def test_a_store_that_is_an_older_copy_is_kept_out_of_the_backup(kept: Kept) -> None:
    older = kept.folder / "older"
    shutil.copytree(kept.store, older)
    import_more(kept)
    kept.back_up()
    shutil.rmtree(kept.store)
    older.rename(kept.store)
    said = refused(kept, "store_damaged", 7, "backup", str(kept.backup))
    assert "older copy" in said["happened"]


def test_a_journal_from_an_older_copy_in_the_backup_folder(kept: Kept) -> None:
    """An object is called by its digest, so an older journal in its place shows."""
    last = Journal(kept.store / "journal")
    older = (kept.store / "journal" / "000001.log").read_bytes()
    assert len(last) == 70
    import_more(kept)
    kept.back_up()
    newer = (kept.store / "journal" / "000001.log").read_bytes()
    (place,) = [path for path in (kept.backup / "objects").iterdir() if path.read_bytes() == newer]
    place.write_bytes(older)
    assert place.name in kept.run("verify", str(kept.backup), code=7).out
    assert place.name in kept.elsewhere().run("restore", str(kept.backup), code=7).err


def test_a_manifest_that_names_an_older_journal_is_found_out(kept: Kept) -> None:
    """A manifest whose own digest is right, beside the contents of another state."""
    manifest = read_manifest(kept.backup)
    import_more(kept)
    kept.back_up()
    newer = read_manifest(kept.backup)
    facts = {name: getattr(newer, name) for name in newer.__struct_fields__}
    mixed = facts | {"entries": manifest.entries, "entry_digest": manifest.entry_digest}
    write_manifest(kept.backup, type(newer)(**mixed))
    new = kept.elsewhere()
    said = new.run("restore", str(kept.backup), code=7).three_lines("backup_damaged")
    assert "another state or another store" in said["happened"]
    assert not (new.store / "journal").exists()


def test_two_stores_with_one_secret_into_one_backup_folder(kept: Kept) -> None:
    other = kept.elsewhere()
    other.store.mkdir(mode=0o700)
    for name in ("secret", "secret.sha256"):
        if (kept.store / name).exists():
            shutil.copy(kept.store / name, other.store / name)
    import_more(other)
    said = other.run("backup", str(kept.backup), code=2).three_lines("parameter_wrong")
    assert "another store" in said["happened"]
    assert kept.run("verify", str(kept.backup)).code == 0


def test_two_copies_of_a_store_that_went_different_ways(kept: Kept) -> None:
    twin = kept.elsewhere()
    shutil.copytree(kept.store, twin.store)
    import_more(kept)
    kept.back_up()
    twin.run("import", "files", str(EXAMPLE), "--publication", "others")
    twin.run("import", "files", str(EXAMPLE), "--publication", "others")
    after = twin.run("backup", str(kept.backup), code=2).three_lines("parameter_wrong")
    assert "different ways" in after["happened"]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (lambda kept: kept.store / "backup", "inside the store"),
        (lambda kept: kept.store, "inside the store"),
        (lambda kept: kept.folder, "holds the store itself"),
        (lambda kept: kept.folder / "mine", "something else: notes.txt"),
    ],
    ids=["inside", "the store", "around it", "other files"],
)
def test_a_place_that_cannot_be(kept: Kept, to: Callable[[Kept], Path], words: str) -> None:
    (kept.folder / "mine").mkdir()
    (kept.folder / "mine" / "notes.txt").write_text("mine")
    before = content_of(kept.store)
    said = refused(kept, "parameter_wrong", 2, "backup", str(to(kept)))
    assert words in said["happened"]
    assert content_of(kept.store).keys() >= before.keys()


def test_a_place_that_is_a_file(kept: Kept) -> None:
    (kept.folder / "file").write_text("")
    said = refused(kept, "settings_wrong", 3, "backup", str(kept.folder / "file" / "below"))
    assert "file/below failed" in said["happened"]


def test_plain_and_encrypted_stay_apart(kept: Kept, age_key: tuple[Path, str]) -> None:
    said = refused(
        kept, "parameter_wrong", 2, "backup", str(kept.backup), "--encrypt-to", age_key[1]
    )
    assert "is plain" in said["happened"]


def test_an_encrypted_backup_without_its_key(kept: Kept, age_key: tuple[Path, str]) -> None:
    place, new = kept.folder / "offsite", kept.elsewhere()
    kept.run("backup", str(place), "--encrypt-to", age_key[1])
    secret = (kept.store / "secret").read_bytes()
    assert not any(
        text in content
        for content in content_of(place).values()
        for text in (secret, b"letters", b"PAR1", b'"number":')
    )
    assert new.run("verify", str(place)).code == 0
    said = new.run("restore", str(place), code=2).three_lines("parameter_wrong")
    assert "--identity" in said["to_do"]
    for text in ("nothing", "AGE-SECRET-KEY-1WRONG"):
        (kept.folder / "wrong").write_text(text)
        new.run("restore", str(place), "--identity", str(kept.folder / "wrong"), code=2)
    assert not (new.store / "journal").exists()


def test_a_disk_that_fills_while_backing_up(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever write it is that fails: the earlier backup stays, and a later one succeeds."""
    import_more(kept)
    before, real, allowed, failures = read_manifest(kept.backup), os.fsync, 0, 0
    while True:
        left = [allowed]

        def fsync(handle: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            real(handle)

        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", fsync)
            try:
                make_backup(kept.store, kept.backup, NOW, lambda: None)
            except DiskFull:
                failures += 1
            else:
                break
        assert read_manifest(kept.backup).entries >= before.entries
        assert prove_backup(kept.backup).faults == []
        allowed += 1
    assert failures > 5
    assert read_manifest(kept.backup).entries > before.entries


def test_a_disk_that_is_too_small_is_told_before_copying(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_more(kept)
    monkeypatch.setattr("regulars.backup.make._SPARE_BYTES", 2**60)
    said = refused(kept, "disk_full", 1, "backup", str(kept.backup))
    assert "more bytes" in said["happened"]


def test_a_file_that_goes_away_meanwhile_begins_the_backup_again(kept: Kept) -> None:
    """As when a publication is removed between reading the journal and copying."""
    import_more(kept)
    calls: list[int] = []

    def removing() -> None:
        calls.append(1)
        if len(calls) == 1:
            kept.run("publication", "remove", "more", "--yes")

    made = make_backup(kept.store, kept.backup, NOW, removing)
    assert made.beginnings == 2
    assert kept.elsewhere().run("restore", str(kept.backup)).code == 0


def test_a_file_that_the_store_lost_is_named(kept: Kept) -> None:
    import_more(kept)
    lost = next(kept.store.glob("history/more/signals/*.parquet"))
    lost.unlink()
    with pytest.raises(Exception, match=lost.name):
        make_backup(kept.store, kept.backup, NOW, lambda: None)
    assert kept.run("verify", str(kept.backup)).code == 0
