"""The work that is measured, each time in a fresh process: ``run`` starts one and takes its costs.

``python tests/benchmarks/measured.py drop URL PAGES`` fetches the pages and drops the bytes;
``… sync URL FOLDER [MEMORY_MIB]`` is one sync of the store in FOLDER. ``… tables FOLDER`` prints
how many rows each table holds and a checksum of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEY = "a-benchmark-needs-no-key"
# Instants in microseconds: after every post of the fixed pages, and a day between two syncs.
_NOW = 1_790_000_000_000_000
_DAY = 86_400_000_000
# What a row says apart from who wrote it and when; the same for every first sync.
_CHECKED = {
    "posts": "id, title, status, sent_at, delivered, presence",
    "people": "subscription_id, person_id",
    "words": "id, email, words",
    "subscriptions": "subscription_id, status, joined_at, channel, source, campaign, presence",
    "counters": "subscription_id, received, opened, clicked, epoch, was_received",
    "counter_state": "subscription_id, received, opened, clicked, epoch",
}


@dataclass(frozen=True)
class Cost:
    """cpu: user and system seconds of the whole process, its start and imports included.
    own: the same without the start and the imports. peak: most resident memory, in MiB."""

    cpu: float
    own: float
    peak: float
    printed: dict[str, Any]


def run(*arguments: str) -> Cost:
    """Do a piece of work in a fresh process and wait for it."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{arguments} ended with {process.returncode}"
    printed = json.loads(text)
    return Cost(usage.ru_utime + usage.ru_stime, printed.pop("own"), printed.pop("peak"), printed)


def make_store(folder: Path) -> None:
    """An empty folder with a fixed secret, so that every store makes the same person ids."""
    folder.mkdir(mode=0o700)
    (folder / "secret").write_text("5e" * 32)


def _cpu() -> float:
    usage = os.times()
    return usage.user + usage.system


def _peak() -> float:
    """Most resident memory so far, in MiB, of this program alone.

    ru_maxrss would also count the process that started it, until it became this one.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmHWM")


def _drop(url: str, pages: int) -> dict[str, Any]:
    import httpx
    from fixed_pages import PUBLICATION

    started, size = _cpu(), 0
    address = f"{url}/publications/{PUBLICATION}/subscriptions"
    headers = {"Authorization": f"Bearer {KEY}", "Accept-Encoding": "identity"}
    with httpx.Client(verify=False, trust_env=False, headers=headers) as client:
        for page in range(pages):
            size += len(client.get(address, params={"limit": "100", "cursor": str(page)}).content)
    return {"own": _cpu() - started, "bytes": size}


def _sync(url: str, folder: Path, memory_mib: int | None = None) -> dict[str, Any]:
    import duckdb  # noqa: F401  the store imports them when it needs them
    import pyarrow.parquet  # noqa: F401
    from fixed_pages import PUBLICATION
    from pydantic import SecretStr

    from regulars.settings import StoreSettings
    from regulars.store import Store
    from regulars.sync.record import RunRequest
    from regulars.sync.run import SyncRun
    from regulars_connectors.beehiiv import BeehiivConnector, BeehiivSettings
    from regulars_connectors.contract import Runtime

    started = _cpu()
    runs = len(list((folder / "journal").glob("*.log")))
    runtime = Runtime(clock=lambda: _NOW + runs * _DAY, sleep=lambda _: None, unpaced=True)
    settings = BeehiivSettings(publication_id=PUBLICATION, api_key=SecretStr(KEY), base_url=url)
    with Store(StoreSettings(folder=folder, memory_limit_mib=memory_mib)) as store:
        connector = BeehiivConnector(settings, runtime)
        result = SyncRun(
            store, connector, RunRequest("letters", "letters", "beehiiv"), runtime
        ).run()
        connector.close()
    assert result.outcome == "complete", result.reason
    assert not result.notices, result.notices
    return {"own": _cpu() - started, "written": result.written}


def _tables(folder: Path) -> dict[str, Any]:
    from regulars.settings import StoreSettings
    from regulars.store import Store

    with Store(StoreSettings(folder=folder)) as store, store.read() as cursor:
        found = {
            table: [
                int(number)
                for number in cursor.execute(
                    f"SELECT count(*), coalesce(sum(CAST(hash({columns}) AS HUGEINT)), 0)"
                    f" FROM {table}"
                ).fetchall()[0]
            ]
            for table, columns in _CHECKED.items()
        }
    return {"own": 0.0, "tables": found}


def main(what: str, *rest: str) -> None:
    """Do one piece of work and print what it cost and what came out."""
    if what == "drop":
        done = _drop(rest[0], int(rest[1]))
    elif what == "sync":
        done = _sync(rest[0], Path(rest[1]), *map(int, rest[2:]))
    else:
        done = _tables(Path(rest[0]))
    print(json.dumps(done | {"peak": _peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
