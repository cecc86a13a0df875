"""A connector in a process of its own, so that decoding pages leaves this one free to answer.

The child makes the connector, asks the provider and turns answers into records. Whatever the
service lends to a connector stays here: clock, waits, pace and counts are asked for by message, one
at a time, so a run goes as it would in a thread. Pages come as Python objects, which is less
work than making them (docs/decisions/0046). The child ends with this process, whatever ends that.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from regulars.settings import ConnectionConfig, Settings
from regulars_connectors.contract import (
    AccountPacer,
    AccountPacers,
    Connector,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
)
from regulars_connectors.errors import Interrupted
from regulars_connectors.http import Pacers

from .child_errors import CarriedError, ChildEnded, child_ended, raise_carried

logger = logging.getLogger(__name__)

STOP_GRACE_SECONDS = 1.0
"""How long an answer under way may still come after the owner asked to stop."""
_STEP_SECONDS = 0.25
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """What a child begins with: which connector to make, and what it is lent.

    letters: key and own addresses of the publication's correspondence, if it has one.
    """

    settings: Settings
    config: ConnectionConfig
    is_unpaced: bool
    log_level: int
    letters: tuple[bytes, frozenset[str]] | None = None


def connect_in_child(settings: Settings, config: ConnectionConfig, runtime: Runtime) -> Connector:
    """Make the guarded connector of a connection in a child process.

    runtime: with the network as its transport. Raises what ``connect`` raises, and ChildEnded.
    """
    child = ChildConnector(config.connector, runtime)
    try:
        letters = runtime.correspondence
        lent = None if letters is None else (letters.key, letters.addresses)
        child.begin(Task(settings, config, runtime.unpaced, logging.getLogger().level, lent))
    except BaseException:
        child.close()
        raise
    connector: Any = child  # the contract wants names of the class
    found: Connector = connector
    return found


class ChildConnector:
    """The connector of a child process, with the methods of the contract.

    Each raises ChildEnded if the process ended, and Interrupted once the owner asked to stop. One
    thread uses it.
    """

    def __init__(self, name: str, runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        self._accounts: AccountPacers = runtime.pacers or Pacers()
        self._pacers: list[AccountPacer] = []
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "regulars.connections.child_main",
                    str(theirs.fileno()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._line = Connection(ours.detach())

    def begin(self, task: Task) -> None:
        """Let the child make its connector."""
        self._call("begin", task)

    def streams(self) -> Sequence[Stream]:
        """As in the contract."""
        found: Sequence[Stream] = self._call("streams")
        return found

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """As in the contract. The known parents are read from the store as a whole."""
        parents = {name: dict(ids) for name, ids in state.parents.items()}
        whole = replace(state, parents=parents, checkpoints=dict(state.checkpoints))
        found: Sequence[Walk] = self._call("walks", stream, whole)
        return found

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """As in the contract."""
        number = self._call("pages", walk, cursor)
        while (page := self._call("next_page", number)) is not None:
            yield page

    def preflight(self) -> Preflight:
        """As in the contract."""
        found: Preflight = self._call("preflight")
        return found

    def close(self) -> None:
        """End the child: by itself, or after some seconds by force. May be called twice."""
        self._line.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._end_by_force()

    @property
    def process_id(self) -> int:
        """Of the child."""
        return self._process.pid

    def _call(self, method: str, *arguments: Any) -> Any:
        """What the child returns. Meanwhile it gets what the service lends."""
        if self._line.closed:
            raise self._ended()
        try:
            self._send(("call", method, arguments))
            while True:
                kind, *rest = self._receive()
                if kind == "returned":
                    return rest[0]
                if kind == "raised":
                    carried: CarriedError = rest[0]
                    raise_carried(carried)
                if kind == "ask":
                    self._send(("answer", self._lend(*rest)))
                elif kind == "tell":
                    self._note(*rest)
        except Interrupted:
            # It waits for an answer that never comes.
            self._line.close()
            self._end_by_force()
            raise

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            self._line.send(message)
        except OSError as error:
            raise self._ended() from error

    def _receive(self) -> tuple[Any, ...]:
        """The child's next message. Raises Interrupted some time after the owner asked to stop."""
        stop_at: float | None = None
        try:
            while not self._line.poll(_STEP_SECONDS):
                now = time.monotonic()
                if stop_at is None and self._runtime.should_stop and self._runtime.should_stop():
                    stop_at = now + STOP_GRACE_SECONDS
                if stop_at is not None and now >= stop_at:
                    raise Interrupted
            message: tuple[Any, ...] = self._line.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        return message

    def _lend(self, what: str, *arguments: Any) -> Any:
        """Do what a connector asks of the service, in this process and this thread."""
        match what:
            case "clock":
                return self._runtime.clock()
            case "sleep":
                self._runtime.sleep(*arguments)
            case "pacer":
                self._pacers.append(self._accounts.of_account(*arguments))
                return len(self._pacers) - 1
            case "asks" if self._runtime.correspondence is not None:
                return self._runtime.correspondence.asks(*arguments)
            case "kept" if self._runtime.correspondence is not None:
                return self._runtime.correspondence.kept(*arguments)
            case "turn":
                self._pacers[arguments[0]].wait(self._runtime.sleep)
        return None

    def _note(self, what: str, *arguments: Any) -> None:
        match what:
            case "clock_note" if self._runtime.note_clock is not None:
                self._runtime.note_clock(*arguments)
            case "traffic" if self._runtime.note_traffic is not None:
                self._runtime.note_traffic(*arguments)
            case "pause":
                number, seconds = arguments
                self._pacers[number].pause(seconds)
            case "log":
                name, level, text = arguments
                logging.getLogger(name).log(level, "%s", text)

    def _ended(self) -> ChildEnded:
        self._line.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._end_by_force()
        return child_ended(self.name, self._process.returncode)

    def _end_by_force(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
