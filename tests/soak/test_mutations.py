"""Whatever happens to a file of a store: the same tables, or what happened is named.

Never another table, a deleted file, or a store that calls itself whole over a loss.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.dump_store import tables_of
from support.store_mutations import KINDS, TARGETS, Bases, Kind

from regulars.errors import RegularsError
from regulars.reports.engine.query import ReportQuery
from regulars.reports.house import HOUSE
from regulars.settings import PublicationSettings, StoreSettings
from regulars.store import Store
from regulars.store.actions.hooks import Delivery, commit_deliveries
from regulars.store.actions.widgets import publish
from regulars.store.incoming import PartNote, Pull
from regulars_connectors.records import Post

SAMPLES = Path(__file__).parents[1] / "samples" / "stores"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LETTERS = PublicationSettings(name="letters", title="Letters (invented)")
MUTATIONS = int(os.environ.get("REGULARS_MUTATIONS", "2000"))
LONGEST_SECONDS = 1_500
# Left to the long form: they reach what shorter operations reach as well.
LONG_ONLY = {"cut in half", "noise", "all zeros", "emptied", "noise behind"}
# Files that are made again, so that their bytes may go.
DERIVED = ("lock", "acknowledged", ".index", "folders.json", "regulars.duckdb", ".wal", ".sha256")
Truth = dict[str, list[str]]


def opened(folder: Path, *, repair: bool = False, give_up: bool = False) -> Store:
    settings = StoreSettings(folder=folder, free_space_floor_mib=0, threads=1)
    return Store(settings, repair=repair, give_up=give_up)


def digests_of(folder: Path) -> dict[str, str]:
    """The digest of every file but the lock, by its place; links and folders by their kind."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink() or path.is_dir():
            found[name] = "link" if path.is_symlink() else "folder"
        elif name != "lock":
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def copy_sample(version: str, target: Path) -> Path:
    """A store of that version whose journal has two segments, not yet opened."""
    shutil.copytree(SAMPLES / version, target, ignore=shutil.ignore_patterns("answers.json"))
    target.chmod(0o700)
    log = target / "journal" / "000001.log"
    content = log.read_bytes()
    place = 0
    while place < len(content) // 2:
        place += 8 + int.from_bytes(content[place : place + 4], "little")
    log.write_bytes(content[:place])
    log.with_name("000002.log").write_bytes(content[place:])
    return target


def figure_of(store: Store) -> Any:
    """The headline."""
    report = ReportQuery(HOUSE, LETTERS, as_of=NOW).answered(store, NOW)
    return report.model_dump(mode="json")["result"]


def show(store: Store, period: str) -> None:
    """An act of the owner, which becomes an entry of the journal."""
    publish(
        store, widget="wgt_1", former=[], publication="letters", period=period, document='"shown"',
        at=round(NOW.timestamp() * 1_000_000),
    )  # fmt: skip


def deliver(store: Store) -> None:
    """Two webhooks whose bodies wait, one for a pull and one to become a record."""
    for number in range(2):
        delivery = Delivery(
            publication="letters", connection="letters-beehiiv", delivery_id=f"msg_{number}",
            event_type="post.sent", received_at=round(NOW.timestamp() * 1_000_000),
            body=b'{"event_type": "post.sent", "data": {"id": "post_1"}}' * 9,
            hints=("posts",), has_records=bool(number),
        )  # fmt: skip
        commit_deliveries(store, [delivery])


def fill(store: Store) -> None:
    """A part of an unfinished pull."""
    pull = Pull(store.incoming / "letters-beehiiv" / "posts", journal=store.journal)
    for number in range(2):
        post = Post(id=f"p{number}", title="One", status="sent", form="email")
        note = PartNote(coverage="whole", cursor=str(number), first_at=1, last_at=1, rows=1)
        pull.append("posts", [post], [1], note)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    root = tmp_path_factory.mktemp("mutations")
    made = Bases(*(root / name / "data" for name in ("clean", "crashed", "older", "other")))
    with opened(copy_sample("0.2.0", made.older)):
        pass
    shutil.copytree(made.older, made.clean)
    with opened(made.clean) as store:
        for week in range(3):
            show(store, f"2026-W{20 + week}")
        deliver(store)
        fill(store)
        show(store, "2026-W30")
        shutil.copytree(made.clean, made.crashed)
    (made.crashed / "lock").write_text("")
    assert (made.crashed / "regulars.duckdb.wal").stat().st_size > 0
    with opened(copy_sample("0.1.0", made.other)) as store:
        fill(store)
    return made


@pytest.fixture(scope="module")
def truths(bases: Bases, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Truth, Any]]:
    """What stores that nobody harmed hold: their tables and their headline."""
    found = {}
    for name in ("clean", "crashed"):
        folder = tmp_path_factory.mktemp(name) / "data"
        shutil.copytree(getattr(bases, name), folder)
        with opened(folder) as store:
            found[name] = tables_of(store), figure_of(store)
    assert any(found["clean"][0].values())
    return found


class Round:
    """One mutation of a fresh copy, and what came of it."""

    def __init__(self, kind: Kind, bases: Bases, folder: Path, chance: random.Random) -> None:
        self.kind = kind
        self.folder = folder
        shutil.copytree(getattr(bases, kind.base), folder)
        self.before = digests_of(folder)
        pattern = TARGETS[kind.target]
        target = chance.choice(sorted(folder.glob(pattern))) if pattern else folder
        kind.harm(target, bases, chance)
        self.harmed = digests_of(folder)

    def outcome(self, truth: tuple[Truth, Any]) -> str:
        """What came of it. Fails if that is none of what is promised."""
        try:
            store = opened(self.folder)
        except RegularsError as error:
            self._check_refusal(error)
            return self._repaired(truth) if self.kind.outcome == "repaired" else "refused"
        with store:
            words = ["said"] if store.notices else []
            assert tables_of(store) == truth[0], f"{self.kind.name}: other tables"
            faults = store.faults()
        self._check_faults(faults)
        self._check_nothing_is_gone()
        return " ".join((["named"] if faults else []) + words) or "same"

    def _repaired(self, truth: tuple[Truth, Any]) -> str:
        """A repair brings every row back, and every byte is still in the folder."""
        with opened(self.folder, repair=True) as store:
            assert store.repairs, f"{self.kind.name}: repaired in silence"
            assert store.faults() == []
            assert tables_of(store) == truth[0], f"{self.kind.name}: other tables"
        self._check_nothing_is_gone()
        with opened(self.folder) as again:
            assert again.notices == []
        return "repaired"

    def _check_refusal(self, error: RegularsError) -> None:
        assert error.code in ("store_damaged", "settings_wrong"), f"{self.kind.name}: {error.code}"
        assert error.happened
        assert error.to_do
        assert digests_of(self.folder) == self.harmed, f"{self.kind.name}: a refusal changed files"

    def _check_faults(self, faults: list[str]) -> None:
        """A committed file with other bytes is named, and no other."""
        names = [name for name in self.before if name.startswith(("history/", "hooks/"))]
        names = [name for name in names if name.endswith((".parquet", ".body"))]
        changed = {name for name in names if self.harmed.get(name) != self.before[name]}
        named = {name for name in names if any(name in fault for fault in faults)}
        assert named == changed, f"{self.kind.name}: {faults}"

    def _check_nothing_is_gone(self) -> None:
        """Every file is still there, or its bytes are, somewhere in the store."""
        kept = set(digests_of(self.folder).values())
        gone = [
            name
            for name, digest in self.harmed.items()
            if digest not in kept and not name.endswith(DERIVED)
        ]
        assert gone == [], f"{self.kind.name}: {gone}"

    def repair(self) -> str:
        """Repair what was refused: it goes on, or is refused again, and nothing is destroyed.

        Where history files are lost for good, it goes on once the owner gives them up.
        """
        outcome = "goes on"
        try:
            store = opened(self.folder, repair=True)
        except RegularsError as error:
            self._check_refusal(error)
            if "--give-up" not in error.to_do:
                return "only a backup helps"
            outcome = "goes on without lost files"
            store = opened(self.folder, repair=True, give_up=True)
        with store:
            assert store.notices or store.repairs, f"{self.kind.name}: repaired in silence"
            assert store.faults() == []
            notices = " ".join(store.notices)
            left = store.version
        pieces = b"".join(
            path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()
        )
        for name in self.harmed:
            if name.endswith(".parquet"):
                assert any(self.folder.rglob(f"{Path(name).name}*")), f"{self.kind.name}: {name}"
        assert pieces
        with opened(self.folder) as again:
            assert again.version == left
            assert again.notices == [], notices
        return outcome


@pytest.mark.long
def test_every_kind_of_harm_comes_out_as_promised(
    bases: Bases, truths: dict[str, tuple[Truth, Any]], tmp_path: Path
) -> None:
    """One of each, without those that reach what shorter ones reach as well."""
    kinds = [kind for kind in KINDS if kind.operation not in LONG_ONLY]
    assert len(kinds) >= 60
    chance = random.Random(1)
    wrong = {}
    for number, kind in enumerate(kinds):
        one = Round(kind, bases, tmp_path / f"{number}", chance)
        outcome = one.outcome(truths[kind.base])
        if outcome != kind.outcome:
            wrong[kind.name] = f"{outcome}, not {kind.outcome}"
        shutil.rmtree(one.folder)
    assert wrong == {}


def test_the_reference_lists_every_kind_with_its_outcome() -> None:
    """docs/reference/trust.md says what is demanded here."""
    page = (SAMPLES.parents[2] / "docs" / "reference" / "trust.md").read_text()
    listed = set()
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] in TARGETS:
            separator = "; " if cells[0] == "store" else ", "
            listed |= {(cells[0], cells[1], name) for name in cells[2].split(separator)}
    assert listed == {(kind.target, kind.outcome, kind.operation) for kind in KINDS}


@pytest.mark.soak
@pytest.mark.timeout(2 * LONGEST_SECONDS)
def test_two_thousand_mutations(
    bases: Bases,
    truths: dict[str, tuple[Truth, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Seeded; every refused one is repaired as well. Stops early where the time is up."""
    seed = int(os.environ.get("REGULARS_SEED", "1"))
    chance = random.Random(seed)
    started, done = time.monotonic(), Counter[str]()
    for number in range(MUTATIONS):
        kind = KINDS[number % len(KINDS)]
        one = Round(kind, bases, tmp_path / f"{number}", chance)
        outcome = one.outcome(truths[kind.base])
        assert outcome == kind.outcome, f"{kind.name}: {outcome} (seed {seed}, {number})"
        done[outcome] += 1
        if outcome == "refused":
            done[f"repair: {one.repair()}"] += 1
        shutil.rmtree(one.folder)
        if time.monotonic() - started > LONGEST_SECONDS:
            break
    with capsys.disabled():
        print(f"\n{number + 1} mutations of {len(KINDS)} kinds, seed {seed}: {dict(done)}")
    assert number + 1 >= min(MUTATIONS, len(KINDS))
