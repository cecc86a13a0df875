"""Folders in which commands begin that a test disturbs: settings, a store, perhaps a backup."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.newsletter import Newsletter, before_post, without_prefetch
from support.store_mutations import cut_last_entry

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars_connectors.simulator import World, subscribers_csv

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
WIDGET = "wgt_invented-widget-key-0001"
BROUGHT = "brought"


def with_widget(letters: Newsletter) -> str:
    return letters.settings_text().replace(
        "[[publications.connections]]",
        f'[[publications.widgets]]\nkey = "{WIDGET}"\n\n[[publications.connections]]',
    )


def make_bases(letters: Newsletter, world: World) -> dict[str, Path]:
    """Kept: a store of two publications, a week behind. The others are named by what differs."""
    letters.clock.set(before_post(world, 70))
    kept = letters.folder("kept", settings=with_widget(letters))
    with without_prefetch():
        letters.run(kept, "sync")
    letters.run(kept, "import", "files", str(EXAMPLE), "--publication", BROUGHT)
    export = kept / "export"
    export.mkdir()
    text = subscribers_csv(world, before_post(world, 71))
    (export / "subscribers.csv").write_text(text, encoding="utf-8")
    backed_up, gone, paused, moved, lost = (
        letters.folder(name, kept) for name in ("backed up", "gone", "paused", "moved", "lost")
    )
    letters.run(backed_up, "backup", str(backed_up / "backup"))
    letters.run(backed_up, "import", "files", str(EXAMPLE), "--publication", "others")
    letters.run(gone, "backup", str(gone / "backup"))
    shutil.rmtree(gone / "data")
    letters.run(paused, "publication", "pause", "letters")
    quarantined = moved / "data" / "quarantine" / "2020-01-01"
    quarantined.mkdir(parents=True)
    for path in moved.glob("data/history/letters/people/*.parquet"):
        path.rename(quarantined / path.name)
    cut_last_entry(lost / "data", None, None)  # type: ignore[arg-type]
    empty = letters.folder("empty", settings=with_widget(letters))
    (empty / "data").mkdir(mode=0o700)
    shutil.copy(kept / "data" / "secret", empty / "data" / "secret")
    nothing = letters.root / "nothing"
    nothing.mkdir()
    letters.clock.set(before_post(world, 71))
    found = (kept, empty, backed_up, gone, paused, moved, lost, nothing)
    return {path.name: path for path in found}


def somebody(folder: Path) -> str:
    """The address of the first reader of the letters."""
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0, threads=1)
    with Store(settings) as store, store.read() as cursor:
        ((address,),) = cursor.execute(
            "SELECT email FROM words WHERE publication = 'letters' AND email IS NOT NULL"
            " ORDER BY id LIMIT 1"
        ).fetchall()
    return str(address)
