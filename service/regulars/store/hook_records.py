"""Commits what deliveries of webhooks alone carry: signals, and the questions that they answer.

They take the way of a pull: parts, differences, a history file, an entry. A record counts as seen
when the provider says that it happened, so an earlier version that comes later changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regulars.files import disk_errors
from regulars_connectors.bounds import bound_records
from regulars_connectors.instants import Instant
from regulars_connectors.records import Question, Record, Signal

from .actions.hooks import READ, settled_facts
from .commit import find_differences
from .committed import PullContext
from .forgotten_filter import forgotten_filter, note_new_ids
from .history import HistoryFile
from .incoming import PartNote, Pull
from .store import Store
from .streams import Difference

if TYPE_CHECKING:
    from .forgotten_filter import ForgottenFilter

_STREAMS: dict[str, type[Record]] = {"questions": Question, "signals": Signal}
_HOW = {"questions": (Difference("questions", "questions.pushed"),)}
"""A question that no pull lists is not gone when a pull lacks it, so it is compared by itself."""


@dataclass(frozen=True, slots=True)
class Told:
    """A record of a delivery. at: when it happened, by the provider, or when the delivery came."""

    record: Record
    at: Instant


def commit_told(
    store: Store,
    told: Sequence[Told],
    settled: Sequence[str],
    now: Instant,
    *,
    publication: str,
    connection: str,
    connector: str,
) -> int:
    """Commit the records of one connection, and let go the bodies that they come from.

    settled: paths of these. Returns how many rows of history it wrote. Raises DiskFull.
    """
    filtering = forgotten_filter(store, publication, connection)
    pulls = {
        stream: pull
        for stream in _STREAMS
        if (pull := _pull_of(store, stream, told, connection, filtering, now)) is not None
    }
    if filtering is not None:
        note_new_ids(store, publication, filtering, now)
    files: list[HistoryFile] = []
    run_id = f"hook_{now:016x}"
    with store.writing, disk_errors(store.root):
        store.catch_up()
        for stream, pull in pulls.items():
            what = PullContext(run_id, publication, connection, connector, stream, "events")
            files += find_differences(store, pull, what, _HOW.get(stream)).files
        store.append(
            settled_facts(publication, connection, settled, now, READ)
            | {"run": run_id, "connector": connector, "files": [file.facts() for file in files]}
        )
        for path in settled:
            (store.root / path).unlink(missing_ok=True)
    for pull in pulls.values():
        pull.discard()
    return sum(file.rows for file in files)


def _pull_of(
    store: Store,
    stream: str,
    told: Sequence[Told],
    connection: str,
    filtering: ForgottenFilter | None,
    now: Instant,
) -> Pull | None:
    """A part with the records of a stream, the latest last. None without any."""
    of_stream = [one for one in told if isinstance(one.record, _STREAMS[stream])]
    chosen = sorted(of_stream, key=lambda one: one.at)
    bounded = bound_records(one.record for one in chosen)
    records, times = list(bounded.records), [chosen[place].at for place in bounded.places]
    if filtering is not None:
        places, records, _ = filtering.keep_out(records)
        times = [times[place] for place in places]
    if not records:
        return None
    pull = Pull(store.incoming / connection / f"hooks-{stream}", journal=store.journal)
    pull.discard()
    note = PartNote(
        coverage="since",
        cursor=None,
        first_at=now,
        last_at=now,
        rows=len(records),
        oldest_as_of=times[0],
        newest_as_of=times[-1],
    )
    pull.append(stream, records, times, note, is_bounded=True)
    return pull
