"""Report answers, encoded once and kept until the data move.

An answer is kept under (publication, report, parameters, as of, store version). One that was
asked for "now" is kept until the hour ends: within it only a sync could change it, and that
moves the version. Its ``as_of`` is the moment at which it was made.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from regulars_connectors.instants import SECOND, Instant

from .etags import etag_of

MOST_ANSWERS = 64
MOST_BYTES = 32 * 1024 * 1024
HOUR: Instant = 3_600 * SECOND


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and its tag."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that an answer depends on."""

    publication: str
    report: str
    parameters: str
    as_of: str
    version: int


class Answers:
    """A small cache, used by many threads; the answer used longest ago goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Question, Answer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def ready(self, question: Question) -> Answer | None:
        """The kept answer, if there is one."""
        with self._lock:
            kept = self._kept.get(question)
            if kept is not None:
                self._kept.move_to_end(question)
        return kept

    def get(self, question: Question, make: Callable[[], bytes]) -> Answer:
        """The kept answer, or the one that ``make`` gives."""
        if kept := self.ready(question):
            return kept
        body = make()
        answer = Answer(body, etag_of(body))
        with self._lock:
            self._keep(question, answer)
        return answer

    def _keep(self, question: Question, answer: Answer) -> None:
        if old := self._kept.pop(question, None):
            self._bytes -= len(old.body)
        self._kept[question] = answer
        self._bytes += len(answer.body)
        while len(self._kept) > MOST_ANSWERS or self._bytes > MOST_BYTES:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.body)


def hour_of(now: Instant) -> str:
    """The name of the hour that an answer asked for "now" is kept for."""
    return f"hour {now // HOUR}"
