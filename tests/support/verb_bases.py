"""Folders in which commands begin that a test disturbs: settings, a store, perhaps a backup."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.newsletter import Newsletter, before_post
from support.store_mutations import cut_last_entry

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.actions.access import keys_of
from regulars_connectors.simulator import World, subscribers_csv

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
WIDGET = "wgt_invented-widget-key-0001"
BROUGHT = "brought"


def with_widget(letters: Newsletter) -> str:
    return letters.settings_text().replace(
        "[[publications.connections]]",
        f'[[publications.widgets]]\nkey = "{WIDGET}"\n\n[[publications.connections]]',
    )


def make_bases(letters: Newsletter, world: World, wanted: set[str]) -> dict[str, Path]:
    """``kept``, a store of two publications that is a week behind, and the wanted others.

    The clock ends a week later.
    """
    kept = _make_kept(letters, world)
    found = {"kept": kept}
    for name in sorted(wanted):
        like = None if name in _WITHOUT_STORE else kept
        found[name] = letters.folder(name, like, settings=with_widget(letters))
        _CHANGES[name](letters, found[name])
    letters.clock.set(before_post(world, 71))
    return found


def _make_kept(letters: Newsletter, world: World) -> Path:
    letters.clock.set(before_post(world, 70))
    kept = letters.folder("kept", settings=with_widget(letters))
    letters.run(kept, "sync")
    letters.run(kept, "import", "files", str(EXAMPLE), "--publication", BROUGHT)
    export = kept / "export"
    export.mkdir()
    text = subscribers_csv(world, before_post(world, 71))
    (export / "subscribers.csv").write_text(text, encoding="utf-8")
    return kept


def _begin_empty(letters: Newsletter, folder: Path) -> None:
    """A store without entries, whose people get the same ids."""
    (folder / "data").mkdir(mode=0o700)
    shutil.copy(letters.root / "kept" / "data" / "secret", folder / "data" / "secret")


def _begin_with_nothing(_: Newsletter, folder: Path) -> None:
    (folder / "regulars.toml").unlink()


def _back_up(letters: Newsletter, folder: Path) -> None:
    """A backup that lacks the last import."""
    letters.run(folder, "backup", str(folder / "backup"))
    letters.run(folder, "import", "files", str(EXAMPLE), "--publication", "others")


def _lose_all_but_the_backup(letters: Newsletter, folder: Path) -> None:
    letters.run(folder, "backup", str(folder / "backup"))
    shutil.rmtree(folder / "data")


def _pause(letters: Newsletter, folder: Path) -> None:
    letters.run(folder, "publication", "pause", "letters")


def _move_history(_: Newsletter, folder: Path) -> None:
    """History files lie in the quarantine."""
    quarantined = folder / "data" / "quarantine" / "2020-01-01"
    quarantined.mkdir(parents=True)
    for path in folder.glob("data/history/letters/people/*.parquet"):
        path.rename(quarantined / path.name)


def _lose_history(_: Newsletter, folder: Path) -> None:
    """The database is gone, and history files of which no copy is left."""
    for path in folder.glob("data/history/letters/people/*.parquet"):
        path.unlink()
    for path in folder.glob("data/regulars.duckdb*"):
        path.unlink()


def _forget(letters: Newsletter, folder: Path) -> None:
    letters.run(folder, "forget", somebody(folder), "--yes")


def _add_key(letters: Newsletter, folder: Path) -> None:
    letters.run(folder, "keys", "add", "the site")


def _import_mail(letters: Newsletter, folder: Path) -> None:
    """One letter, which answers the newest post of the example."""
    (folder / "in.mbox").write_bytes(
        b"From x\nFrom: Mara <mara@example.org>\nTo: ada@letters.example\n"
        b"Message-ID: <1@mail.example>\nDate: 3 Mar 2026 10:00:00 +0000\n"
        b"Subject: Anything\n\nThank you.\n\n"
    )
    with (folder / "regulars.toml").open("a") as file:
        file.write("\n[publications.letters]\nonly_newsletter = true\n")
        file.write('addresses = ["ada@letters.example"]\n')
    letters.run(folder, "import", "mail", str(folder / "in.mbox"), "--publication", "letters")


def _lose_an_entry(_: Newsletter, folder: Path) -> None:
    cut_last_entry(folder / "data", None, None)  # type: ignore[arg-type]


_WITHOUT_STORE = {"empty", "nothing"}
_CHANGES = {
    "empty": _begin_empty,
    "nothing": _begin_with_nothing,
    "backed up": _back_up,
    "gone": _lose_all_but_the_backup,
    "paused": _pause,
    "moved": _move_history,
    "lost": _lose_an_entry,
    "forgotten": _forget,
    "lost for good": _lose_history,
    "with a key": _add_key,
    "with a letter": _import_mail,
}


def somebody(folder: Path) -> str:
    """The address of the first reader of the letters."""
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0, threads=1)
    with Store(settings) as store, store.read() as cursor:
        ((address,),) = cursor.execute(
            "SELECT email FROM words WHERE publication = 'letters' AND email IS NOT NULL"
            " ORDER BY id LIMIT 1"
        ).fetchall()
    return str(address)


def key_in(folder: Path) -> str:
    """The id of the one key."""
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0, threads=1)
    with Store(settings) as store:
        (key,) = keys_of(store)
    return key.id


def letter_in(folder: Path) -> str:
    """The id of the one letter."""
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0, threads=1)
    with Store(settings) as store, store.read() as cursor:
        ((letter,),) = cursor.execute("SELECT id FROM letters").fetchall()
    return str(letter)
