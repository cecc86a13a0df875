"""What a store costs to open after ten runs, and after a hundred thousand.

``python tests/benchmarks/long_journal.py [ENTRIES] [ROUNDS]``: journals of the records of runs as
a sync of nine streams writes them, every twentieth with a history file. Both are opened in turns,
each in a fresh process: CPU seconds and most memory of the whole process, and one entry looked up.
What the first opening costs, which makes index and database, is printed beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import google_crc32c

FEW, MANY = 10, 100_000
GOAL_CPU, GOAL_MEBIBYTES = 0.2, 20
_STREAMS = (
    "publications", "posts", "questions", "subscriptions", "signals", "days", "lists",
    "list_standings", "segments",
)  # fmt: skip
_SEGMENT_BYTES = 16 * 1024 * 1024
_FIRST, _QUARTER = 1_640_995_200_000_000, 900_000_000
_FILES_EVERY = 20
_POST = """
SELECT 'letters' AS publication, 'letters' AS connection, 'post_1' AS id, 'One' AS title,
    'sent' AS status, 'email' AS form, TIMESTAMP '2026-01-01' AS sent_at,
    'present' AS presence, TIMESTAMP '2026-01-02' AS seen_at"""


@dataclass(frozen=True)
class Opening:
    """cpu: seconds of the process. peak: most memory in MiB. lookup: CPU seconds of one entry."""

    cpu: float
    peak: float
    lookup: float
    entries: int


def make_store(folder: Path, entries: int) -> None:
    """History and journal of so many runs, a quarter of an hour apart; no index, no database."""
    import duckdb

    posts = folder / "history" / "letters" / "posts"
    posts.mkdir(parents=True)
    (folder / "journal").mkdir()
    (folder / "secret").write_text("5e" * 32)
    first = posts / "first.parquet"
    duckdb.sql(f"COPY ({_POST}) TO '{first}' (FORMAT parquet)")
    content = first.read_bytes()
    first.unlink()
    segment, size = 0, _SEGMENT_BYTES
    for record in _records(entries, posts, content):
        if size >= _SEGMENT_BYTES:
            segment, size = segment + 1, 0
        with (folder / "journal" / f"{segment:06d}.log").open("ab") as file:
            size += file.write(record)


def _records(entries: int, posts: Path, content: bytes) -> Iterator[bytes]:
    digest = hashlib.sha256(content).hexdigest()
    for number in range(1, entries + 1):
        facts = _run(number)
        if number % _FILES_EVERY == 0:
            path = posts / f"run_{number:08d}-posts.parquet"
            path.write_bytes(content)
            where = str(path.relative_to(posts.parents[2]))
            facts["files"] = [{"stream": "posts", "path": where, "rows": 1, "sha256": digest}]
        payload = json.dumps(facts, separators=(",", ":")).encode()
        yield struct.pack("<II", len(payload), google_crc32c.value(payload)) + payload


def _run(number: int) -> dict[str, Any]:
    at = _FIRST + number * _QUARTER
    streams = [
        {
            "stream": stream, "outcome": "whole", "seen": 2500, "changed": 3, "gone": 0,
            "written": 3, "quarantined": 0, "held_removals": 0, "reason": None, "alarm": None,
            "started_at": at, "ended_at": at + 8_000_000,
        }
        for stream in _STREAMS
    ]  # fmt: skip
    return {
        "number": number, "kind": "run", "at": at, "run": f"run_{number:021x}",
        "publication": "letters", "connection": "letters", "connector": "beehiiv",
        "outcome": "complete", "reason": None, "started_at": at, "ended_at": at + 9_000_000,
        "streams": streams, "walks": [],
    }  # fmt: skip


def opening(folder: Path) -> Opening:
    """Open the store in a fresh process."""
    command = [sys.executable, str(Path(__file__).resolve()), "open", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        printed = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Opening(usage.ru_utime + usage.ru_stime, **printed)


def _open(folder: Path) -> dict[str, Any]:
    from regulars.settings import StoreSettings
    from regulars.store import Store

    with Store(StoreSettings(folder=folder, free_space_floor_mib=0)) as store:
        store.standing("letters")
        entries = len(store.journal)
        before = sum(os.times()[:2])
        for number in range(1, 1001):
            assert store.journal.entry(1 + number * 7919 % entries).kind == "run"
        lookup = (sum(os.times()[:2]) - before) / 1000
    peak = next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return {"peak": peak, "lookup": lookup, "entries": entries}


def measure(entries: int, rounds: int) -> dict[int, list[Opening]]:
    """By the number of entries: the first opening, which makes what is missing, then so many."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[int, list[Opening]] = {}
        for count in (FEW, entries):
            make_store(Path(folder) / str(count), count)
            found[count] = [opening(Path(folder) / str(count))]
        for _ in range(rounds):
            for count, openings in found.items():
                openings.append(opening(Path(folder) / str(count)))
    assert all(one.entries == count for count, openings in found.items() for one in openings)
    return found


def report(found: dict[int, list[Opening]]) -> tuple[float, float]:
    """Print medians; by how many CPU seconds and MiB the long journal is above the short one."""
    print("\nlong journal: medians of the openings after the first; in brackets the first")
    for count, (first, *openings) in found.items():
        cpu, peak = (median(getattr(one, name) for one in openings) for name in ("cpu", "peak"))
        lookup = median(one.lookup for one in openings)
        print(
            f"  {count:>7,} entries: CPU {cpu:.2f} s ({first.cpu:.1f}), {peak:.0f} MiB"
            f" ({first.peak:.0f}), one entry looked up in {1e6 * lookup:.0f} µs"
        )
    few, many = ([*openings[1:]] for openings in found.values())
    cpu = median(one.cpu for one in many) - median(one.cpu for one in few)
    peak = median(one.peak for one in many) - median(one.peak for one in few)
    met = "met" if cpu <= GOAL_CPU and peak <= GOAL_MEBIBYTES else "missed"
    goal = f"at most {GOAL_CPU} s and {GOAL_MEBIBYTES} MiB: {met}"
    print(f"  difference {cpu:.2f} s of CPU and {peak:.1f} MiB; goal {goal}")
    return cpu, peak


if __name__ == "__main__":
    if sys.argv[1:2] == ["open"]:
        print(json.dumps(_open(Path(sys.argv[2]))))
    else:
        given = [int(value) for value in sys.argv[1:]]
        report(measure(*(given + [MANY, 5][len(given) :])))
