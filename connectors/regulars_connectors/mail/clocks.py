"""When a mail arrived: which of its clocks to believe."""

from __future__ import annotations

from ..instants import DAY, EARLIEST, LATEST, Instant
from ..records import LetterClock

COPIED_AFTER = 7 * DAY
"""A mailbox whose own time is later than this was restored or copied."""


def arrival(
    *,
    server: Instant | None = None,
    received: Instant | None = None,
    sent: Instant | None = None,
    file: Instant | None = None,
    now: Instant | None = None,
) -> tuple[Instant, LetterClock]:
    """When a mail arrived, and by which clock.

    server: of the mailbox. received: of the topmost Received. sent: of Date, the sender's clock.
    file: of the file on disk. A time before 1990, or over a day later than now, is no time.
    """
    latest = LATEST if now is None else now + DAY
    server, received, sent, file = (
        one if one is not None and EARLIEST <= one <= latest else None
        for one in (server, received, sent, file)
    )
    passed = received if received is not None else sent
    if server is not None and (passed is None or server - passed <= COPIED_AFTER):
        return server, "server"
    if received is not None:
        return received, "received"
    if sent is not None:
        return sent, "sent"
    if file is not None:
        return file, "file"
    return (EARLIEST if now is None else now), "file"
