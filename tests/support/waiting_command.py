"""A command with a wait for ever at one place, in a process of its own.

Arguments: the place, a file that is written once a thread waits there, then the words of the
command. With ``report`` a statement that never ends runs in the database, while a file ``hold``
lies beside that file. With ``lock`` somebody else writes to the store. With ``commit`` the disk
never comes back after the journal's entry was written.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from regulars.cli import main
from regulars.reports.engine import report
from regulars.store import Store
from regulars.store.journal import Journal
from regulars.sync import batch

_FOR_EVER = "SELECT count(*) FROM range(1_000_000_000_000) AS t(n) WHERE n % 7 = 3"


def _reports(marker: Path) -> None:
    real, hold = report.gather, marker.with_name("hold")

    def gather(connection: Any, *arguments: Any) -> Any:
        if hold.exists():
            marker.touch()
            connection.execute(_FOR_EVER).fetchall()
        return real(connection, *arguments)

    report.gather = gather  # type: ignore[assignment]


def _lock(marker: Path) -> None:
    real_init, real_commit = Store.__init__, batch.commit_pulls

    def init(self: Store, *arguments: Any, **options: Any) -> None:
        real_init(self, *arguments, **options)
        self.writing.acquire()

    def commit(*arguments: Any) -> None:
        marker.touch()
        real_commit(*arguments)

    Store.__init__ = init  # type: ignore[method-assign]
    batch.commit_pulls = commit  # type: ignore[assignment]


def _commit(marker: Path) -> None:
    real = Journal.append

    def append(self: Journal, *arguments: Any) -> Any:
        real(self, *arguments)
        marker.touch()
        threading.Event().wait()

    Journal.append = append  # type: ignore[method-assign]


if __name__ == "__main__":
    {"report": _reports, "lock": _lock, "commit": _commit}[sys.argv[1]](Path(sys.argv[2]))
    main(sys.argv[3:])
