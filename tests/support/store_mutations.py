"""Kinds of harm that may come to the files of a store, and what has to come of each.

A kind is a target and an operation. ``KINDS`` has them with the outcome that is promised:

* ``same``: the store opens, every table holds what it held, and nothing is said;
* ``said``: the same, and the owner is told what was made again or moved away;
* ``named``: the store opens and answers as before, and ``verify`` names what is damaged;
* ``refused``: nothing opens, nothing is changed, and the error names what is wrong;
* ``repaired``: the same, and a repair brings every row back.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bases:
    """Stores that mutations start from, or take pieces from.

    clean: closed in good order, with an unfinished pull and webhooks. crashed: one
    that was killed, whose database has a log. older: the clean one some entries ago. other: another
    store.
    """

    clean: Path
    crashed: Path
    older: Path
    other: Path


@dataclass(frozen=True)
class Kind:
    """name: target and operation, in words. base: the store that it is done to."""

    target: str
    operation: str
    outcome: str
    base: str
    harm: Callable[[Path, Bases, random.Random], None]

    @property
    def name(self) -> str:
        return f"{self.target}: {self.operation}"


def _bit(path: Path, chance: random.Random, first: float = 0, last: float = 1) -> None:
    content = bytearray(path.read_bytes())
    place = chance.randrange(int(len(content) * first), max(1, int(len(content) * last)))
    content[place] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def flip(path: Path, _: Bases, chance: random.Random) -> None:
    _bit(path, chance)


def flip_of_hex(path: Path, _: Bases, chance: random.Random) -> None:
    """As ``flip``, without the bit that tells capitals: hex has the same value in both."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.choice((0, 1, 2, 3, 4, 6, 7))
    path.write_bytes(content)


def flip_head(path: Path, _: Bases, chance: random.Random) -> None:
    content = path.read_bytes()
    place = chance.randrange(min(8, len(content)))
    path.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])


def cut_some(path: Path, _: Bases, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: -chance.randint(1, max(1, len(content) // 20))])


def cut_half(path: Path, _: Bases, chance: random.Random) -> None:
    content = path.read_bytes()
    share = chance.uniform(0.3, 0.7)
    path.write_bytes(content[: int(len(content) * share)])


def empty(path: Path, _: Bases, __: random.Random) -> None:
    path.write_bytes(b"")


def delete(path: Path, _: Bases, __: random.Random) -> None:
    path.unlink()


def zero(path: Path, _: Bases, __: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def zero_end(path: Path, _: Bases, chance: random.Random) -> None:
    content = path.read_bytes()
    count = chance.randint(1, min(300, len(content)))
    path.write_bytes(content[:-count] + bytes(count))


def grow_zeros(path: Path, _: Bases, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() + bytes(chance.randint(1, 5000)))


def grow_noise(path: Path, _: Bases, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() + chance.randbytes(chance.randint(1, 500)))


def torn_record(path: Path, _: Bases, chance: random.Random) -> None:
    """A piece of a record, as a crash within an append leaves it."""
    payload = b'{"number":9999,"kind":"run"}' * 20
    head = len(payload).to_bytes(4, "little") + chance.randbytes(4)
    path.write_bytes(path.read_bytes() + (head + payload)[: chance.randint(1, len(payload))])


def noise(path: Path, _: Bases, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(max(1, path.stat().st_size)))


def as_folder(path: Path, _: Bases, __: random.Random) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def as_link(path: Path, _: Bases, __: random.Random) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/nowhere/at/all")


def _below(path: Path) -> tuple[Path, Path]:
    """The root of the store that the file is in, and its place there."""
    root = next(one for one in path.parents if (one / "secret").exists() or one.name == "data")
    return root, path.relative_to(root)


def older(path: Path, bases: Bases, _: random.Random) -> None:
    shutil.copyfile(bases.older / _below(path)[1], path)


def others(path: Path, bases: Bases, _: random.Random) -> None:
    shutil.copyfile(bases.other / _below(path)[1], path)


def _journal_of(whose: str, *patterns: str) -> Callable[[Path, Bases, random.Random], None]:
    def bring(path: Path, bases: Bases, _: random.Random) -> None:
        source = getattr(bases, whose) / "journal"
        for pattern in patterns:
            for own in path.glob(pattern):
                own.unlink()
            for one in source.glob(pattern):
                shutil.copyfile(one, path / one.name)

    return bring


def without(*patterns: str) -> Callable[[Path, Bases, random.Random], None]:
    """Delete what matches below a folder."""

    def remove(path: Path, _: Bases, __: random.Random) -> None:
        for pattern in patterns:
            for one in list(path.glob(pattern)):
                if one.is_dir():
                    shutil.rmtree(one)
                else:
                    one.unlink()

    return remove


def both(*harms: Callable[[Path, Bases, random.Random], None]) -> Callable[..., None]:
    def do(path: Path, bases: Bases, chance: random.Random) -> None:
        for harm in harms:
            harm(path, bases, chance)

    return do


def cut_last_entry(path: Path, _: Bases, __: random.Random) -> None:
    """Cut the last segment between two records."""
    last = max(path.glob("journal/*.log"))
    content, ends, place = last.read_bytes(), [0], 0
    while place < len(content):
        place += 8 + int.from_bytes(content[place : place + 4], "little")
        ends.append(place)
    last.write_bytes(content[: ends[-2]])


def foreign_file(entry: int) -> Callable[[Path, Bases, random.Random], None]:
    """A history file of another store, written for such an entry."""

    def put(path: Path, bases: Bases, chance: random.Random) -> None:
        source = chance.choice(sorted(bases.other.glob("history/*/posts/*.parquet")))
        run = source.name.split("-")[0]
        target = path / "history" / "letters" / "posts" / f"{run}-{entry:08d}-posts.parquet"
        shutil.copyfile(source, target)

    return put


def copy_beside(path: Path, _: Bases, chance: random.Random) -> None:
    shutil.copyfile(path, path.with_name(f"copy-of-{path.name}"))


def renamed(path: Path, _: Bases, __: random.Random) -> None:
    path.rename(path.with_name(f"renamed{path.suffix}"))


def swapped(path: Path, _: Bases, chance: random.Random) -> None:
    others_there = [one for one in path.parent.glob("*.parquet") if one != path]
    other = chance.choice(sorted(others_there))
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def _counters_of(path: Path, chance: random.Random) -> Path:
    """A history file of the store in ``path``."""
    return chance.choice(sorted(path.glob("history/letters/counters/*.parquet")))


def of_a_history_file(harm: Callable[[Path, Bases, random.Random], None]) -> Callable[..., None]:
    """Do it to a history file of the store."""

    def do(path: Path, bases: Bases, chance: random.Random) -> None:
        harm(_counters_of(path, chance), bases, chance)

    return do


def of_the_secret(harm: Callable[[Path, Bases, random.Random], None]) -> Callable[..., None]:
    """Do it to the secret of the store."""
    return lambda path, bases, chance: harm(path / "secret", bases, chance)


def quarantined(path: Path, _: Bases, __: random.Random) -> None:
    """Move a history file into the quarantine, as a hand may do."""
    root, place = _below(path)
    target = root / "quarantine" / "2026-01-01" / place
    target.parent.mkdir(parents=True)
    path.rename(target)


def changed_with_a_copy(path: Path, bases: Bases, chance: random.Random) -> None:
    """Harm a history file of which a copy lies in the quarantine."""
    content = path.read_bytes()
    quarantined(path, bases, chance)
    path.write_bytes(content)
    flip(path, bases, chance)


def stray_unfinished(path: Path, _: Bases, chance: random.Random) -> None:
    folder = path / "history" / ".tmp"
    folder.mkdir(exist_ok=True)
    (folder / "half.parquet").write_bytes(chance.randbytes(100))


# Where harm is done: a pattern below the store's folder, of which one file is chosen. An empty one
# is the folder itself.
TARGETS = {
    "first segment": "journal/000001.log",
    "last segment": "journal/000002.log",
    "first index": "journal/000001.index",
    "last index": "journal/000002.index",
    "acknowledged": "journal/acknowledged",
    "history file": "history/letters/counters/*.parquet",
    "note of folders": "history/.tmp/folders.json",
    "part": "incoming/*/*/*.parquet",
    "body of a webhook": "hooks/*/*.body",
    "database": "regulars.duckdb",
    "log of the database": "regulars.duckdb.wal",
    "lock": "lock",
    "secret": "secret",
    "checksum of the secret": "secret.sha256",
    "journal": "journal",
    "store": "",
}
_OPERATIONS = {
    "one bit flipped": flip, "head changed": flip_head, "cut a little": cut_some,
    "cut in half": cut_half, "emptied": empty, "deleted": delete, "all zeros": zero,
    "end zeroed": zero_end, "zeros behind": grow_zeros, "noise behind": grow_noise,
    "noise": noise, "a folder in its place": as_folder, "a dead link in its place": as_link,
    "torn append behind": torn_record, "of an older copy": older, "of another store": others,
    "copied beside itself": copy_beside, "renamed": renamed, "swapped with another": swapped,
}  # fmt: skip


def _combined() -> Iterator[tuple[str, str, str, Callable[..., None]]]:
    """Two harms or three at once: the database is gone, and something that it is made of."""
    gone = without("regulars.duckdb")
    for name, outcome, *harms in (
        ("database and history file deleted", "refused", of_a_history_file(delete)),
        ("database deleted, history file in quarantine", "repaired",
         of_a_history_file(quarantined)),
        ("database deleted, history file renamed", "repaired", of_a_history_file(renamed)),
        ("database deleted, one bit of a history file flipped", "refused",
         of_a_history_file(flip)),
        ("database deleted, history file changed and its copy in quarantine", "repaired",
         of_a_history_file(changed_with_a_copy)),
        ("last entry cut off, database deleted", "refused", cut_last_entry),
        ("last entry cut off, database and history file deleted", "refused", cut_last_entry,
         of_a_history_file(delete)),
        ("last entry cut off, database deleted, history file in quarantine", "refused",
         cut_last_entry, of_a_history_file(quarantined)),
        ("secret and database deleted", "refused", of_the_secret(delete)),
        ("secret of another store, database deleted", "refused", of_the_secret(others)),
        ("one bit of the secret flipped, its checksum and the database deleted", "refused",
         of_the_secret(flip_of_hex), without("secret.sha256")),
        ("checksum of the secret and database deleted", "same", without("secret.sha256")),
    ):  # fmt: skip
        yield "store", name, outcome, both(*harms, gone)


def _kinds() -> Iterator[Kind]:
    every = "one bit flipped, cut a little, cut in half, emptied, deleted, all zeros, noise"
    table = {
        ("first segment", "refused"): f"{every}, noise behind, of another store",
        ("last segment", "refused"): f"{every}, head changed, end zeroed, of an older copy,"
        " of another store",
        ("last segment", "same"): "zeros behind, noise behind, torn append behind",
        ("first index", "same"): f"{every}, noise behind, of another store",
        ("last index", "same"): f"{every}, noise behind, of an older copy",
        ("acknowledged", "same"): f"{every}, noise behind, of an older copy",
        ("history file", "named"): f"{every}, noise behind, swapped with another",
        ("history file", "named said"): "renamed",
        ("history file", "said"): "copied beside itself",
        ("body of a webhook", "named"): f"{every}, noise behind",
        ("body of a webhook", "named said"): "renamed",
        ("body of a webhook", "said"): "copied beside itself",
        ("note of folders", "same"): f"{every}, of an older copy",
        ("part", "same"): f"{every}, noise behind, copied beside itself",
        ("database", "said"): "head changed, cut in half, all zeros, noise",
        ("database", "same"): "deleted, of an older copy",
        ("database", "refused"): "of another store",
        ("log of the database", "same"): "cut a little, cut in half, emptied, deleted",
        ("lock", "same"): "deleted, noise, emptied",
        ("lock", "refused"): "a folder in its place, a dead link in its place",
        ("secret", "refused"): f"{every}, of another store",
        ("checksum of the secret", "refused"): "one bit flipped, cut in half, emptied, noise",
        ("checksum of the secret", "same"): "deleted",
    }  # fmt: skip
    for (target, outcome), operations in table.items():
        base = "crashed" if target.startswith("log") else "clean"
        for name in operations.split(", "):
            of_hex = target == "secret" and name == "one bit flipped"
            yield Kind(target, name, outcome, base, flip_of_hex if of_hex else _OPERATIONS[name])
    whole = ("*.log", "*.index", "acknowledged")
    for target, name, outcome, harm in (
        ("journal", "all of an older copy", "refused", _journal_of("older", *whole)),
        ("journal", "all of another store", "refused", _journal_of("other", *whole)),
        ("journal", "all files deleted", "refused", without("*")),
        ("journal", "first segment renamed", "refused",
         lambda path, *_: (path / "000001.log").rename(path / "000009.log")),
        ("store", "journal folder deleted", "refused", without("journal")),
        ("store", "last entry cut off", "refused", cut_last_entry),
        ("store", "last entry cut off, index and acknowledged lost", "refused",
         both(cut_last_entry, without("journal/*.index", "journal/acknowledged"))),
        ("store", "last entry cut off, index and database lost", "refused",
         both(cut_last_entry, without("journal/*.index", "regulars.duckdb"))),
        ("store", "last entry cut off, acknowledged and database lost", "refused",
         both(cut_last_entry, without("journal/acknowledged", "regulars.duckdb"))),
        ("store", "journal of an older copy, everything else that knows lost", "refused",
         both(lambda path, bases, _: _journal_of("older", "*.log")(path / "journal", bases, _),
              without("journal/*.index", "journal/acknowledged", "regulars.duckdb"))),
        ("store", "journal and database deleted", "refused",
         without("journal", "regulars.duckdb")),
        ("store", "database deleted, index and acknowledged too", "same",
         without("regulars.duckdb", "journal/*.index", "journal/acknowledged")),
        ("store", "history folder deleted, database deleted", "refused",
         without("history", "regulars.duckdb")),
        *_combined(),
        ("store", "history file of another store, of a far entry", "refused", foreign_file(999)),
        ("store", "history file of another store, of an early entry", "said", foreign_file(3)),
        ("store", "unfinished history file", "same", stray_unfinished),
    ):  # fmt: skip
        yield Kind(target, name, outcome, "clean", harm)


KINDS = tuple(_kinds())
