"""Ends commands of ``regulars`` with SIGKILL at random moments, and looks at what the next makes.

Each round takes a fresh copy of a folder with settings, a store and a backup, kills a command in
it, runs the same command to its end, and compares everything that it leaves with a copy in which
it was never killed.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from support.verb_forks import Facts, Forks, Work, facts_of, history_of, holding

VERIFY_EVERY = 10


@dataclass
class VerbRig:
    """bases: folders by name. forks: with the address of whom `forget` forgets."""

    root: Path
    bases: dict[str, Path]
    forks: Forks
    truths: dict[str, tuple[Facts, float]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def round(self, work: Work, chance: random.Random, kills: int) -> None:
        """Kill the command so often, one after the other, and hold what comes of it."""
        _, pace = self._truth(work)
        with self._held(work) as folder:
            for _ in range(kills):
                self._kill(work, folder, chance.uniform(0, work.seconds or pace))

    def kill_at(self, work: Work, step: str, when: str) -> None:
        """Kill the command at a step, twice in a row if it comes there again, and hold the rest."""
        with self._held(work) as folder:
            for attempt in range(2):
                status = self.forks.wait(self.forks.start(folder, work.typed, (step, when)))
                reached = os.WIFSIGNALED(status)
                assert reached or attempt, f"{work.name}: {step} was not reached"
                if not reached:
                    assert os.WEXITSTATUS(status) in work.codes, self.forks.said()

    @contextlib.contextmanager
    def _held(self, work: Work) -> Iterator[Path]:
        """A folder to disturb the work in. Afterwards the work is finished, and all compared."""
        truth, _ = self._truth(work)
        folder = self._copy(work)
        before = history_of(folder)
        yield folder
        self.forks.go_on(work, folder)
        if work.verb == "forget":
            assert holding(folder, self.forks.values["address"]) == [], work.name
        facts = facts_of(folder, verified=self.number % VERIFY_EVERY == 0)
        for name, value in truth.items():
            assert facts.get(name) == value, f"round {self.number}, {work.name}: {name} differs"
        if not work.takes_away:
            gone = before - history_of(folder)
            assert gone == set(), f"round {self.number}, {work.name}: {gone}"
        shutil.rmtree(folder)

    def _truth(self, work: Work) -> tuple[Facts, float]:
        """What the command leaves if nobody kills it, and how long it takes."""
        if work.name not in self.truths:
            folder = self._copy(work)
            begun = time.monotonic()
            code = self.forks.run(folder, work.instead or work.typed)
            seconds = time.monotonic() - begun
            assert code == 0, f"{work.name}:\n{self.forks.said()}"
            self.truths[work.name] = facts_of(folder), seconds
            shutil.rmtree(folder)
        return self.truths[work.name]

    def _copy(self, work: Work) -> Path:
        self.number += 1
        folder = self.root / f"round-{self.number}"
        shutil.copytree(self.bases[work.base], folder)
        return folder

    def _kill(self, work: Work, folder: Path, seconds: float) -> None:
        pid = self.forks.start(folder, work.typed)
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        was_killed = os.WIFSIGNALED(self.forks.wait(pid))
        self.counts["kills" if was_killed else "ended before"] += 1
        self.counts[f"killed {work.verb}"] += was_killed
