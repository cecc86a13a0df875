"""Acts of the owner, killed at each step twice in a row: the same command finishes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.newsletter import newsletter
from support.verb_bases import make_bases, somebody
from support.verb_forks import Work, forks
from support.verb_rig import VerbRig

from regulars_connectors.simulator import World

ERASURE, CHANGES, STORE = (
    "regulars.store.erasure",
    "regulars.publications.changes",
    "regulars.store.store",
)
MAKE, RESTORE = "regulars.backup.make", "regulars.backup.restore"
JOURNAL, HISTORY = "regulars.store.journal", "regulars.store.history"
OBJECTS, LOST = "regulars.backup.objects", "regulars.store.lost_files"
REMOVE = Work("publication remove", ("letters", "--yes"), codes=(0, 2), takes_away=True)
RENAME = Work("publication rename", ("letters", "post"), codes=(0, 2))
FORGET = Work("forget", ("{address}", "--yes"), takes_away=True)
LIFT = Work("forget", ("{address}", "--lift"), base="forgotten")
BACKUP = Work("backup", ("backup",))
RESTORED = Work("restore", ("backup",), base="gone", codes=(0, 3))
REPAIR = Work("verify", ("--repair",), base="lost")
BROUGHT_BACK = Work("verify", ("--repair",), base="moved")
GIVEN_UP = Work("verify", ("--repair", "--give-up"), base="lost for good")

STEPS = {
    FORGET: (
        f"{STORE}:Store.append", f"{JOURNAL}:append_record", f"{ERASURE}:save_list",
        f"{ERASURE}:redact_entries", f"{ERASURE}:redact_journal", f"{ERASURE}:clear_caches",
        f"{ERASURE}:clear_other_files", f"{ERASURE}:write_replacements", f"{ERASURE}:rewrite",
        f"{HISTORY}:History.place", f"{ERASURE}:end_action", f"{ERASURE}:remove_replaced",
        f"{STORE}:build_database", f"{STORE}:swap_in",
    ),
    LIFT: (f"{STORE}:Store.append", f"{JOURNAL}:append_record", f"{ERASURE}:save_list"),
    REMOVE: (
        f"{CHANGES}:remove_cached_reports", f"{STORE}:Store.append", f"{JOURNAL}:append_record",
        f"{HISTORY}:History.drop", f"{CHANGES}:finish_removals", f"{STORE}:build_database",
        f"{STORE}:swap_in", "regulars.settings.editor:SettingsFile.write",
    ),
    RENAME: (f"{STORE}:Store.append", "regulars.settings.editor:SettingsFile.write"),
    BACKUP: (
        f"{MAKE}:view_journal", f"{MAKE}:_put_bytes", f"{OBJECTS}:Objects.put",
        f"{OBJECTS}:Objects.flush", f"{MAKE}:write_manifest", f"{OBJECTS}:Objects.remove_others",
    ),
    RESTORED: (
        f"{RESTORE}:_contents", f"{RESTORE}:take_out", f"{RESTORE}:_copy",
        f"{RESTORE}:_require_same_journal", f"{RESTORE}:_into_place",
        f"{RESTORE}:replay_forgotten", f"{RESTORE}:note_proven_backup",
    ),
    REPAIR: (
        "regulars.store.opening:Opening._give_up_lost",
        f"{JOURNAL}:Journal.give_up_lost", f"{JOURNAL}:Journal.save_notes",
        "regulars.store.quarantine:Quarantine.move", "regulars.store.opening:swap_in",
    ),
    BROUGHT_BACK: (f"{LOST}:_bring_back", f"{LOST}:_set_aside", f"{LOST}:move_into_place"),
    GIVEN_UP: (
        f"{LOST}:_set_aside", "regulars.store.opening:give_up", f"{JOURNAL}:append_record",
        "regulars.store.opening:build_database", "regulars.store.opening:swap_in",
    ),
}  # fmt: skip
CASES = [(work, step) for work, steps in STEPS.items() for step in steps]
SHORT = [(work, steps[len(steps) // 2]) for work, steps in STEPS.items()]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VerbRig]:
    root = tmp_path_factory.mktemp("acts")
    world = World(5, subscribers=60, spike=False)
    with newsletter(root, world) as letters:
        bases = make_bases(letters, world, {work.base for work in STEPS} - {"kept"})
        rounds = root / "rounds"
        rounds.mkdir()
        values = {"address": somebody(bases["kept"])}
        with forks(letters.clock(), root / "printed", values) as made:
            yield VerbRig(rounds, bases, made)


def name_of(case: object) -> str:
    return case.verb if isinstance(case, Work) else str(case).rpartition(":")[2]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_an_act_that_is_killed_twice_in_its_middle(rig: VerbRig) -> None:
    for work, step in SHORT:
        rig.kill_at(work, step, "after")


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("work", "step"), CASES, ids=name_of)
def test_two_kills_at_each_step(rig: VerbRig, work: Work, step: str, when: str) -> None:
    rig.kill_at(work, step, when)
