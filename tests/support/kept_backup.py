"""A store that a released version left, the settings for it, and a folder for its backup."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from support.command import Said, run

KEPT = Path(__file__).parents[1] / "samples" / "stores"


@dataclass
class Kept:
    """A folder with a settings file, a store of 70 entries in ``data``, and perhaps ``backup``."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "data"

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    def run(self, *words: str, code: int = 0) -> Said:
        said = run(self.folder / "regulars.toml", *words)
        assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
        return said

    def back_up(self, *words: str, code: int = 0) -> Said:
        return self.run("backup", str(self.backup), *words, code=code)

    def elsewhere(self, name: str = "elsewhere") -> Kept:
        """Other settings, whose store is still to be made."""
        return kept_in(self.folder / name)


def kept_in(folder: Path) -> Kept:
    folder.mkdir()
    text = f'[store]\nfolder = "{folder}/data"\nfree_space_floor_mib = 0\nthreads = 1\n'
    (folder / "regulars.toml").write_text(text)
    return Kept(folder)


def kept_store(folder: Path, version: str = "0.2.0") -> Kept:
    made = kept_in(folder)
    shutil.copytree(KEPT / version, made.store, ignore=shutil.ignore_patterns("answers.json"))
    made.store.chmod(0o700)
    return made
