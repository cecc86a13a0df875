"""Forty publications on one machine: what a daily sync of all of them costs besides waiting.

``python tests/benchmarks/forty.py [PUBLICATIONS] [PEOPLE]``: 40 publications of 5,000 people each
in one store, against fixed pages without pacing: a first sync, a second with nothing changed, each
in a fresh process with the answers of the page at its end; then the overview page of a server.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from fixed_pages import PAGE_ROWS, PUBLICATION, serving_pages
from measured import KEY, _peak, make_store
from server_process import REGULARS, cpu_of, server

PUBLICATIONS, PEOPLE = 40, 5_000


def _settings(publications: int, url: str) -> str:
    text = '[store]\nfolder = "data"\nfree_space_floor_mib = 0\n[server]\nport = 0\n'
    for number in range(publications):
        text += (
            f'[[publications]]\nname = "letters-{number}"\n[[publications.connections]]\n'
            f'name = "letters-{number}"\nconnector = "beehiiv"\nbase_url = "{url}"\n'
            f'publication_id = "{PUBLICATION}"\naccount = "{number}"\n'
            'api_key = { env = "BENCH_KEY" }\n'
        )
    return text


def _sync(folder: Path) -> dict[str, Any]:
    """One sync of everything, in this process; what it cost and how many rows it wrote."""
    from regulars.clock import system_clock
    from regulars.connections.factory import choose
    from regulars.reports.prepare import prepare
    from regulars.settings import load_settings
    from regulars.store import Store
    from regulars.sync.run import sync_connection
    from regulars_connectors.contract import Runtime
    from regulars_connectors.instants import to_datetime

    settings = load_settings(folder / "regulars.toml")
    runtime = Runtime(clock=system_clock, sleep=lambda _: None, unpaced=True)
    written = 0
    with Store(settings.store) as store:
        for publication, config in choose(settings, None):
            result = sync_connection(store, settings, publication, config, runtime)
            assert result.outcome == "complete", result.reason
            written += result.written
        began = time.process_time()
        for publication in settings.publications:
            prepare(store, publication, to_datetime(runtime.clock()))
        answers = time.process_time() - began
        with store.read() as cursor:
            ((people,),) = cursor.execute("SELECT count(*) FROM subscriptions").fetchall()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "written": written, "people": people, "answers": answers,
        "cpu": usage.ru_utime + usage.ru_stime, "peak": _peak(),
    }  # fmt: skip


def measure(publications: int, people: int) -> dict[str, Any]:
    """A first and an unchanged sync, then the overview three times."""
    with serving_pages(people // PAGE_ROWS) as url, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "regulars.toml").write_text(_settings(publications, url))
        make_store(folder / "data")
        environment = os.environ | {"BENCH_KEY": KEY}
        command = [sys.executable, __file__, "sync", str(folder)]
        found: dict[str, Any] = {}
        for name in ("first", "unchanged"):
            done = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            found[name] = json.loads(done.stdout)
            assert found[name]["people"] == publications * people
        assert found["unchanged"]["written"] == 0
        os.environ["BENCH_KEY"] = KEY
        with server([*REGULARS, "serve", "--no-schedule", "--json"], folder) as (process, address):
            costs = []
            for _ in range(3):
                before = cpu_of(process.pid)
                page = urllib.request.urlopen(f"{address}/", timeout=600).read()
                costs.append(cpu_of(process.pid) - before)
            assert page.count(b"letters-") >= publications
        found["overview"] = costs
    return found


def report(publications: int, people: int, found: dict[str, Any]) -> float:
    """Print CPU seconds and memory; the largest peak."""
    print(f"\nforty: {publications} publications of {people:,} people, unpaced, one process")
    for name in ("first", "unchanged"):
        cost = found[name]
        print(
            f"  {name:10s} CPU {cost['cpu']:6.1f} s, of it answers for the pages"
            f" {cost['answers']:.1f}; peak {cost['peak']:.0f} MiB"
        )
    costs = ", ".join(f"{cost:.2f}" for cost in found["overview"])
    print(f"  overview page, first and two more: CPU s {costs}")
    return max(found["first"]["peak"], found["unchanged"]["peak"])


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and given[0] == "sync":
        print(json.dumps(_sync(Path(given[1]))))
    else:
        size = (int(given[0]) if given else PUBLICATIONS, int(given[1]) if given[1:] else PEOPLE)
        report(*size, measure(*size))
