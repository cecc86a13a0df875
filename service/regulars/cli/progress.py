"""Progress of a sync on a terminal: bars, or plain lines where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from regulars.log import is_json
from regulars.sync.progress import Progress
from regulars_connectors.foreign_text import clean

from .terminal import say

_LINE_EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ProgressView:
    """How a sync tells how far it is. ``ended`` is told a connection whose run is over."""

    show: Callable[[Progress], None]
    ended: Callable[[str], None] = lambda _: None


@contextmanager
def progress_shown(*, quiet: bool, connections: int = 1) -> Iterator[ProgressView]:
    """On a terminal a bar for each stream, or for each of several connections; else plain lines."""
    if quiet:
        yield ProgressView(lambda _: None)
    elif is_json() or not sys.stderr.isatty():
        yield ProgressView(_plain_lines(), _counting(connections))
    else:
        with _bars(connections) as shown:
            yield shown


def _counting(connections: int) -> Callable[[str], None]:
    """Says each of several connections as it ends."""
    done: list[str] = []

    def ended(connection: str) -> None:
        done.append(connection)
        if connections > 1:
            say(f"{connection}: done ({len(done)} of {connections})")

    return ended


@contextmanager
def _bars(connections: int) -> Iterator[ProgressView]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        several = connections > 1
        every = bars.add_task(f"{connections} connections", total=connections) if several else None
        tasks: dict[str, Any] = {}

        def show(progress: Progress) -> None:
            if progress.notice is not None:
                bars.console.print(_in_words(progress), markup=False, highlight=False)
                return
            # Forty connections with a bar for each stream would not fit a screen.
            key = progress.connection if several else progress.label
            if key not in tasks:
                tasks[key] = bars.add_task(key, total=progress.total)
            bars.update(
                tasks[key],
                completed=progress.rows,
                total=progress.total,
                description=_in_words(progress),
            )

        def ended(connection: str) -> None:
            if every is not None:
                bars.advance(every)
            if several and connection in tasks:
                bars.remove_task(tasks.pop(connection))

        yield ProgressView(show, ended)


def _plain_lines() -> Callable[[Progress], None]:
    last = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        if progress.notice is not None:
            say(_in_words(progress))
        elif time.monotonic() - last >= _LINE_EVERY_SECONDS:
            last = time.monotonic()
            say(_in_words(progress))

    return show


def _in_words(progress: Progress) -> str:
    if progress.notice is not None:
        return clean(f"{progress.connection}: {progress.notice}")
    of = f" of {progress.total:,}" if progress.total else ""
    return clean(f"{progress.connection}, {progress.label}: {progress.rows:,}{of} read")
