"""How often a damaged database is mended, and a question asked once more after it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from regulars.errors import RegularsError, StoreDamaged

from .database_errors import DatabaseMended, DatabaseUnusable

P = ParamSpec("P")
T = TypeVar("T")
LEAST_SECONDS_BETWEEN = 600.0
AFTER_A_FAILURE = 30.0


def asked_again(question: Callable[P, T]) -> Callable[P, T]:
    """Ask a question a second time if the database was mended while it was under way.

    For functions that only read: the first attempt leaves nothing behind.
    """

    @wraps(question)
    def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return question(*args, **kwargs)
        except DatabaseMended:
            return question(*args, **kwargs)

    return ask


class MendingLimit:
    """Allows one rebuild in ten minutes: a disk that damages each new file is no case for more.

    An attempt that failed, as on a full disk, may be made again after half a minute.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last: float | None = None
        self._failure: RegularsError | None = None

    def begin(self, fault: DatabaseUnusable) -> None:
        """Note an attempt. Raises StoreDamaged, or what the last attempt raised, if it is soon."""
        now = self._now()
        failed = self._failure
        pause = LEAST_SECONDS_BETWEEN if failed is None else AFTER_A_FAILURE
        if self._last is not None and now - self._last < pause:
            if failed is not None:
                raise type(failed)(failed.happened, to_do=failed.to_do, safe=failed.safe) from fault
            raise StoreDamaged(
                "The database was damaged again soon after it was rebuilt.",
                to_do="Check the disk and the memory of this machine, then start again.",
                safe="History and journal are as they were.",
            ) from fault
        self._last, self._failure = now, None

    def failed(self, error: RegularsError) -> None:
        """Note what the attempt raised."""
        self._failure = error
