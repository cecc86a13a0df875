"""Every verb that writes, killed at random moments: the next command goes on, and nothing is lost.

A verb that is in neither list below fails a test, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest
from support.newsletter import KEY_NAME, newsletter
from support.verb_bases import BROUGHT, EXAMPLE, key_in, letter_in, make_bases, somebody
from support.verb_forks import Work, all_verbs, forks
from support.verb_rig import VerbRig

from regulars_connectors.simulator import World

KILLS = int(os.environ.get("REGULARS_KILLS", "1000"))
LONGEST_SECONDS = int(os.environ.get("REGULARS_KILL_SECONDS", "1500"))
QUARTERS = 4

READS_ALONE = {
    "mail explain",  # knows no store
    "demo",  # writes into a temporary folder of its own
    "simulate beehiiv",
    "simulate webhook",
    "connector list",
    "connector check",
    "widget new",  # prints what you paste
}
GONE_ALREADY = (0, 2)

WORKS = (
    Work("sync"),
    Work("sync", base="empty"),
    Work("sync", ("--full",)),
    Work("sync", ("--due",)),
    Work("schedule"),
    Work("import files", (str(EXAMPLE), "--publication", "more")),
    Work("import files", (str(EXAMPLE), "--publication", "more"), base="empty"),
    Work("import beehiiv-export", ("export", "--publication", "letters")),
    Work("init", (
        "--no-input", "--connector", "beehiiv", "--all", "--time-zone", "Europe/Lisbon",
        "--base-url", "{base_url}",
    ), base="nothing"),
    Work("publication rename", ("letters", "post"), codes=GONE_ALREADY),
    Work("publication pause", ("letters",)),
    Work("publication resume", ("letters",), base="paused"),
    Work("publication remove", ("letters", "--yes"), codes=GONE_ALREADY, takes_away=True),
    Work("publication remove", (BROUGHT, "--yes"), codes=GONE_ALREADY, takes_away=True),
    Work("forget", ("{address}", "--yes"), takes_away=True),
    Work("forget", ("{address}", "--yes", "--json"), base="backed up", takes_away=True),
    Work("forget", ("{address}", "--lift"), base="forgotten"),
    Work("widget write", ("public", "--base-url", "https://www.example.org")),
    Work("rebuild"),
    Work("verify"),
    Work("verify", ("--repair",), base="moved"),
    Work("verify", ("--repair",), base="lost"),
    Work("verify", ("--repair", "--give-up"), base="lost for good"),
    Work("backup", ("backup",)),
    Work("backup", ("backup",), base="backed up"),
    Work("restore", ("backup",), base="gone", codes=(0, 3)),
    Work("export", ("takeout",), codes=GONE_ALREADY),
    Work("serve", ("--port", "0", "--no-schedule"), instead=("status",), seconds=2),
    Work("report", ("house", "--publication", "letters")),
    Work("status"),
    Work("doctor"),
    Work("notify"),
    Work("publication list"),
    Work("widget list"),
    Work("letters", ("rest", "{letter}", "--publication", "letters"), base="with a letter"),
    Work("import mail", ("in.mbox", "--publication", "letters"), base="with a letter"),
    Work("keys add", ("the site",)),
    Work("keys list"),
    Work("keys revoke", ("{key}",), base="with a key"),
    Work("sign-in"),
)  # fmt: skip
SHORT = ("sync", "import files", "publication remove", "forget", "verify", "backup", "restore")


def test_every_verb_is_killed_or_leaves_files_alone() -> None:
    assert sorted(all_verbs()) == sorted({work.verb for work in WORKS} | READS_ALONE)
    assert not {work.verb for work in WORKS} & READS_ALONE


@pytest.fixture(scope="module")
def world() -> World:
    return World(5, subscribers=60, spike=False)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[VerbRig]:
    root = tmp_path_factory.mktemp("verbs")
    with newsletter(root, world) as letters, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEEHIIV_API_KEY", os.environ[KEY_NAME])
        bases = make_bases(letters, world, {work.base for work in WORKS} - {"kept"})
        rounds = root / "rounds"
        rounds.mkdir()
        values = {"address": somebody(bases["kept"]), "base_url": letters.api_url}
        values["key"] = key_in(bases["with a key"])
        values["letter"] = letter_in(bases["with a letter"])
        with forks(letters.clock(), root / "printed", values) as made:
            yield VerbRig(rounds, bases, made)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_one_kill_of_each_that_changes_most(rig: VerbRig) -> None:
    chance = random.Random(1)
    for work in [work for work in WORKS if work.verb in SHORT]:
        rig.round(work, chance, kills=1)


@pytest.mark.soak
@pytest.mark.timeout(2 * LONGEST_SECONDS)
@pytest.mark.parametrize("quarter", range(QUARTERS))
def test_a_thousand_kills(rig: VerbRig, capsys: pytest.CaptureFixture[str], quarter: int) -> None:
    """In quarters, so that the ledger can resume between them. Every second round kills twice.

    Stops early where the time is up.
    """
    seed = int(os.environ.get("REGULARS_SEED", "1")) * QUARTERS + quarter
    chance, started, rounds = random.Random(seed), time.monotonic(), 0
    rig.counts.clear()
    while rig.counts["kills"] < KILLS // QUARTERS:
        rig.round(WORKS[rounds % len(WORKS)], chance, kills=1 + rounds % 2)
        rounds += 1
        if time.monotonic() - started > LONGEST_SECONDS / QUARTERS:
            break
    with capsys.disabled():
        print(f"\n{rounds} rounds, seed {seed}: {dict(rig.counts)}")
    assert rounds >= len(WORKS)
