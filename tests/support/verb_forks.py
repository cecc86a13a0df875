"""Commands of ``regulars`` in processes that are forked, and what a folder holds afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq
from support.dump_store import OWN_TO_A_RUN, tables_of

from regulars.backup import prove_backup
from regulars.cli import main
from regulars.settings import StoreSettings
from regulars.store import Store, is_store
from regulars.store.actions.access import TABLES as ACCESS_TABLES
from regulars.store.actions.access import keys_of
from regulars.store.actions.forgetting import keys_in_force
from regulars.store.verify import verify_store

CHILD = Path(__file__).with_name("verb_child.py")
ASIDE = ("entry", "run_id")
OWN = {"data", "data.forgotten", "backup"}
"""Looked at in other ways than by bytes."""
Facts = dict[str, Any]


def verbs_below(group: click.Group, path: str = "") -> Iterator[str]:
    """Every command of a group and its groups, as it is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from verbs_below(found, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def all_verbs() -> list[str]:
    """Every verb of the command line."""
    return list(verbs_below(main))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Work:
    """A command that is disturbed. verb: as the command line lists it. words: what follows it.

    base: the folder that it begins with. codes: how the same command may end afterwards.
    instead: what is run afterwards in place of it. takes_away: whether history files may go.
    seconds: how long one goes on that never ends.
    """

    verb: str
    words: tuple[str, ...] = ()
    base: str = "kept"
    codes: tuple[int, ...] = (0,)
    instead: tuple[str, ...] = ()
    takes_away: bool = False
    seconds: float | None = None

    @property
    def typed(self) -> tuple[str, ...]:
        """All words of the command."""
        return (*self.verb.split(), *self.words)

    @property
    def name(self) -> str:
        """In words, for messages."""
        return f"{' '.join(self.typed)} ({self.base})"


@dataclass
class Forks:
    """A process that forks commands. at: the instant that counts as now.

    values: for the words of commands. printed: the file with all that the last command printed.
    unforeseen: whether commands begin without asking how much room there is.
    """

    child: subprocess.Popen[str]
    at: int
    printed: Path
    values: dict[str, str] = field(default_factory=dict)
    unforeseen: bool = False

    def start(self, folder: Path, words: Sequence[str], kill_at: Sequence[str] = ()) -> int:
        """Start a command with the settings of ``folder``; its process id.

        kill_at: a step of the code and before or after, where it ends itself (``kill_step``).
        """
        typed = [word.format(**self.values) for word in words]
        order: Facts = {"words": ["--config", "regulars.toml", *typed], "folder": str(folder)}
        order |= {"at": self.at, "out": str(self.printed), "unforeseen": self.unforeseen}
        order["kill_at"] = list(kill_at)
        return int(self._ask(order))

    def wait(self, pid: int) -> int:
        """Its status, as ``os.waitpid`` gives it."""
        return int(self._ask({"wait": pid}))

    def run(self, folder: Path, words: Sequence[str]) -> int:
        """The exit code of a command that nobody disturbs."""
        status = self.wait(self.start(folder, words))
        assert os.WIFEXITED(status)
        return os.WEXITSTATUS(status)

    def go_on(self, work: Work, folder: Path) -> None:
        """Run what finishes a work that was disturbed."""
        code = self.run(folder, work.instead or work.typed)
        assert code in work.codes, f"{work.name}: {code}\n{self.said()}"

    def said(self) -> str:
        """What the last command printed."""
        return self.printed.read_text(errors="replace")

    def _ask(self, order: Facts) -> str:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        print(json.dumps(order), file=self.child.stdin, flush=True)
        answer = self.child.stdout.readline()
        assert answer, "the process that forks has ended"
        return answer


@contextlib.contextmanager
def forks(
    at: int, printed: Path, values: dict[str, str], before: Sequence[str] = ()
) -> Iterator[Forks]:
    """A process that forks until the end. before: words of a command that starts it."""
    with subprocess.Popen(
        [*before, sys.executable, str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield Forks(child, at, printed, values)
        finally:
            assert child.stdin is not None
            child.stdin.close()


def facts_of(folder: Path, *, verified: bool = False) -> Facts:
    """Tables of a sound store, the names in a sound backup, and every other file by its digest."""
    found: Facts = {}
    if is_store(folder / "data"):
        settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0, threads=1)
        with Store(settings) as store:
            assert store.faults() == []
            assert not verified or verify_store(store) == []
            tables = tables_of(store, without=ASIDE)
            found["kept out"] = len(keys_in_force(store.journal))
            # A key that is made again is another one. That one of its name counts is what matters.
            found["keys"] = sorted({key.name for key in keys_of(store) if key.revoked_at is None})
        aside = {*OWN_TO_A_RUN, *ACCESS_TABLES}
        found |= {name: rows for name, rows in tables.items() if name not in aside}
    backup = folder / "backup"
    if backup.is_dir():
        assert prove_backup(backup).faults == []
        found["backup"] = sorted(path.name for path in backup.iterdir())
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_file() and place.parts[0] not in OWN:
            found[str(place)] = _digest(path)
    return found


def history_of(folder: Path) -> set[str]:
    """The digests of all files of the history, those that were moved into the quarantine too."""
    return {
        _digest(path)
        for part in ("history/[!.]*", "quarantine")
        for path in folder.glob(f"data/{part}/**/*.parquet*")
    }


def holding(folder: Path, address: str) -> list[str]:
    """The files of the store that hold the address, as bytes or as a value."""
    found = []
    for path in [path for path in (folder / "data").rglob("*") if path.is_file()]:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += repr(pq.read_table(path).to_pylist()).encode()
        if address.encode() in content:
            found.append(path.name)
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
