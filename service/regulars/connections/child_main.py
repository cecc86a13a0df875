"""The child process of ``child.py``: one connector, which asks over a socket what it is lent."""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from regulars_connectors.contract import Page, Runtime
from regulars_connectors.correspondence import Kept, MailHead
from regulars_connectors.http import Pacer, Pacers
from regulars_connectors.instants import Instant

from .child import Task
from .child_errors import carried
from .factory import connect

_NICENESS = 5
"""Whoever waits for a page comes first."""
_ENDED_FIRST = "500"
"""Of 1,000. A kernel that runs out of memory ends this process and spares the service."""


class Line:
    """The socket to the service. A thread of its own reads it, and ends the process with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._asking = threading.Lock()
        threading.Thread(target=self._read, name="line", daemon=True).start()

    def next_call(self) -> tuple[str, tuple[Any, ...]]:
        """Wait for the next call: its method and arguments."""
        method, arguments = self._calls.get()
        return method, arguments

    def send(self, *message: Any) -> None:
        """Send a message. The process ends if nobody is there."""
        try:
            with self._writing:
                self._connection.send(message)
        except OSError:
            os._exit(0)

    def ask(self, what: str, *arguments: Any) -> Any:
        """What the service answers."""
        with self._asking:
            self.send("ask", what, *arguments)
            return self._answers.get()

    def tell(self, what: str, *arguments: Any) -> None:
        """Tell the service something that needs no answer."""
        self.send("tell", what, *arguments)

    def _read(self) -> None:
        while True:
            try:
                kind, *rest = self._connection.recv()
            except (EOFError, OSError):
                # The service has closed its end, or is no more: whatever runs here is in vain.
                os._exit(0)
            if kind == "call":
                self._calls.put(tuple(rest))
            else:
                self._answers.put(rest[0])


class _LentPacer(Pacer):
    """The pacer that the service has for this account."""

    def __init__(self, line: Line, number: int) -> None:
        self._line, self._number = line, number

    def wait(self, sleep: Callable[[float], None]) -> None:
        """Take the next turn, and wait for it in the service."""
        self._line.ask("turn", self._number)

    def pause(self, seconds: float) -> None:
        """Hold back every request of the account for that many seconds."""
        self._line.tell("pause", self._number, seconds)


class _LentPacers(Pacers):
    def __init__(self, line: Line) -> None:
        self._line = line

    def of_account(
        self, provider: str, account: str | None, key: str, requests_per_minute: float
    ) -> Pacer:
        """The pacer of an account, which lies in the service."""
        number = self._line.ask("pacer", provider, account, key, requests_per_minute)
        return _LentPacer(self._line, number)


class _LentCorrespondence:
    """The letters of the publication, as the service knows them."""

    def __init__(self, line: Line, key: bytes, addresses: frozenset[str]) -> None:
        self._line = line
        self._key, self._addresses = key, addresses

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def addresses(self) -> frozenset[str]:
        return self._addresses

    def asks(self, heads: Sequence[MailHead]) -> Sequence[bool]:
        """Whether each mail belongs to a conversation."""
        asked: Sequence[bool] = self._line.ask("asks", list(heads))
        return asked

    def kept(self, message_ids: Sequence[str]) -> Sequence[Kept]:
        """Whether the letter of each id is kept already."""
        found: Sequence[Kept] = self._line.ask("kept", list(message_ids))
        return found


class _ToService(logging.Handler):
    """Sends each line to the service, whose log has its form and the id of the run."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        """Send it, without what belongs to this process."""
        with suppress(Exception):
            self._line.tell("log", record.name, record.levelno, record.getMessage())


class Child:
    """Answers calls by the methods of its connector."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._connector: Any = None
        self._numbers = count()
        self._pages: dict[int, Iterator[Page]] = {}

    def serve(self) -> None:
        """Answer calls until the process ends."""
        while True:
            method, arguments = self._line.next_call()
            try:
                returned = self._answer(method, arguments)
            except BaseException as error:  # noqa: BLE001 - all of them cross
                self._line.send("raised", carried(error))
            else:
                self._line.send("returned", returned)

    def _answer(self, method: str, arguments: tuple[Any, ...]) -> Any:
        if method == "begin":
            return self._begin(*arguments)
        if method == "pages":
            number = next(self._numbers)
            self._pages[number] = self._connector.pages(*arguments)
            return number
        if method == "next_page":
            return self._next_page(*arguments)
        return getattr(self._connector, method)(*arguments)

    def _begin(self, task: Task) -> None:
        logging.basicConfig(level=task.log_level, handlers=[_ToService(self._line)], force=True)
        self._connector = connect(task.settings, task.config, self._runtime(task))

    def _next_page(self, number: int) -> Page | None:
        try:
            page = next(self._pages[number], None)
        except BaseException:
            del self._pages[number]
            raise
        if page is None:
            del self._pages[number]
        return page

    def _runtime(self, task: Task) -> Runtime:
        line = self._line

        def clock() -> Instant:
            now: Instant = line.ask("clock")
            return now

        return Runtime(
            clock=clock,
            sleep=lambda seconds: line.ask("sleep", seconds),
            pacers=_LentPacers(line),
            unpaced=task.is_unpaced,
            note_clock=lambda seconds: line.tell("clock_note", seconds),
            note_traffic=lambda *fact: line.tell("traffic", *fact),
            correspondence=_LentCorrespondence(line, *task.letters) if task.letters else None,
        )


def main() -> None:
    """Serve the socket whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends this
    with suppress(OSError):  # a confined service may lack the right
        os.nice(_NICENESS)
    with suppress(OSError):  # where there is no such file
        Path("/proc/self/oom_score_adj").write_text(_ENDED_FIRST, encoding="ascii")
    Child(Line(Connection(int(sys.argv[1])))).serve()


if __name__ == "__main__":
    main()
