"""One step: what is due is said by every way, and what was said is remembered.

The loop of jobs keeps one ``Notifier`` and calls ``step`` after each run and once an hour. Nothing
here waits for the next time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from regulars.errors import NoticeUndelivered, SettingsWrong
from regulars.settings import Settings
from regulars.store.protocols import ReadableStore
from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND, Instant, to_iso

from .facts import Facts, NextLook, Unrecorded, gather_facts
from .findings import Notice, due_notices, note_facts, still_told
from .memory import Memory, Way, read_memory, write_memory
from .messages import BROKE
from .ways import Network, Shape, WayOut, ways_out
from .words import Words, notice_facts, words_of

logger = logging.getLogger(__name__)

_FIRST_PAUSE = 5 * 60 * SECOND
_LONGEST_PAUSE = 6 * 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Delivery:
    """Notices that one way was given. trouble: why it took none of them, None if it did."""

    way: str
    notices: tuple[Notice, ...]
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one way would say now, and how it stands.

    words: of each notice. said: keys of the findings that it said before and that still stand.
    trouble: why its last attempt failed, next_at: until when it is left alone for that.
    """

    way: str
    shape: Shape
    place: str
    notices: tuple[Notice, ...]
    words: tuple[Words, ...]
    said: tuple[str, ...]
    trouble: str | None
    next_at: Instant | None

    def facts(self) -> dict[str, Any]:
        """The same as JSON values. Instants are RFC 3339."""
        return {
            "way": self.way,
            "shape": self.shape,
            "place": self.place,
            "notices": [
                notice_facts(notice, words)
                for notice, words in zip(self.notices, self.words, strict=True)
            ],
            "said_before": list(self.said),
            "trouble": self.trouble,
            "next_at": to_iso(self.next_at) if self.next_at is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test message went. trouble, to_do: None if it was taken."""

    way: str
    shape: Shape
    place: str
    trouble: str | None = None
    to_do: str | None = None


class Notifier:
    """Says what is due. Thread-safe: steps go one after the other.

    started_at: since when this process keeps the schedule, so that what a machine missed in its
    sleep is first caught up with. next_look: when the schedule plans the look after another.
    unrecorded: the runs of this process that failed without a record, the oldest first.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        next_look: NextLook,
        started_at: Instant | None = None,
        unrecorded: Callable[[], Sequence[Unrecorded]] = tuple,
        network: Network | None = None,
    ) -> None:
        self._settings = settings
        self._unrecorded = unrecorded
        self._next_look = next_look
        self._started_at = started_at
        self._ways = ways_out(settings, network or Network(clock))
        self._lock = threading.Lock()
        # Kept here too: a full disk refuses the file just when there is most to remember.
        self._memory: Memory | None = None
        self._is_written = True

    def step(self, store: ReadableStore, now: Instant) -> list[Delivery]:
        """Say what is due, remember it, and return what was given to which way.

        Without a way in the settings it does nothing. It takes as long as the ways do, at most a
        minute for mail and half a minute for each web hook. One that failed is left alone for
        longer and longer.
        """
        if not self._ways:
            return []
        with self._lock:
            if self._memory is None:
                self._memory = read_memory(self._settings.store.folder)
            memory = self._memory
            before = msgspec.json.encode(memory)
            facts = self._facts(store, now)
            note_facts(memory, facts)
            names = {way.name for way in self._ways}
            memory.ways = {name: way for name, way in memory.ways.items() if name in names}
            deliveries = [
                delivery for way in self._ways for delivery in self._say(way, memory, facts)
            ]
            if msgspec.json.encode(memory) != before or not self._is_written:
                self._write()
            return deliveries

    def retry_at(self) -> Instant | None:
        """When a way that failed is tried again, None while each took what it was given."""
        with self._lock:
            ways = self._memory.ways.values() if self._memory is not None else ()
            return min((way.next_at for way in ways if way.next_at is not None), default=None)

    def outlook(self, store: ReadableStore, now: Instant) -> list[Outlook]:
        """What each way would say now. Sends and remembers nothing."""
        memory = read_memory(self._settings.store.folder)
        facts = self._facts(store, now)
        note_facts(memory, facts)
        return [self._outlook(way, memory, facts) for way in self._ways]

    def remembered(self) -> list[Outlook]:
        """What each way has said, for a process that may not ask the store."""
        memory = read_memory(self._settings.store.folder)
        kept = [(way, memory.way(way.name)) for way in self._ways]
        return [
            Outlook(
                way.name, way.shape, way.place, (), (), tuple(its.told), its.trouble, its.next_at
            )
            for way, its in kept
        ]

    def _outlook(self, way: WayOut, memory: Memory, facts: Facts) -> Outlook:
        kept = memory.way(way.name)
        notices = due_notices(kept.told, memory, facts)
        words = tuple(words_of(notice, facts.floor_mib) for notice in notices)
        said = tuple(still_told(kept.told, memory, facts))
        return Outlook(
            way.name, way.shape, way.place, tuple(notices), words, said, kept.trouble, kept.next_at
        )

    def _facts(self, store: ReadableStore, now: Instant) -> Facts:
        return gather_facts(
            store,
            self._settings,
            now,
            next_look=self._next_look,
            started_at=self._started_at,
            unrecorded=self._unrecorded(),
        )

    def _say(self, way: WayOut, memory: Memory, facts: Facts) -> list[Delivery]:
        """Give a way what it has yet to say, unless it is to be left alone for now."""
        kept = memory.way(way.name)
        kept.told = still_told(kept.told, memory, facts)
        notices = due_notices(kept.told, memory, facts)
        if not notices or _is_resting(kept, facts.at):
            return []
        portions = [[notice] for notice in notices] if way.is_one_by_one else [notices]
        deliveries = []
        for portion in portions:
            trouble = _give(way, kept, portion, facts.at)
            deliveries.append(Delivery(way.name, tuple(portion), trouble))
            if trouble is not None:
                break
            self._write()  # at once: a crash would say it again
        return deliveries

    def _write(self) -> None:
        if self._memory is not None:
            self._is_written = write_memory(self._settings.store.folder, self._memory)


def try_ways(settings: Settings, clock: Clock, network: Network | None = None) -> list[Trial]:
    """Send a test message by every way of the settings, and say how each went."""
    results = []
    for way in ways_out(settings, network or Network(clock)):
        now = clock()
        try:
            way.deliver([Notice("test", now)], now)
        except (NoticeUndelivered, SettingsWrong) as error:
            trouble, to_do = error.happened, error.to_do
            results.append(Trial(way.name, way.shape, way.place, trouble, to_do))
        else:
            results.append(Trial(way.name, way.shape, way.place))
    return results


def _give(way: WayOut, kept: Way, portion: Sequence[Notice], now: Instant) -> str | None:
    """Hand notices to a way, and note how it went. Returns the trouble, None if it took them."""
    try:
        way.deliver(portion, now)
    except NoticeUndelivered as error:
        return _note_trouble(way, kept, error.happened, now, error.after_seconds)
    except SettingsWrong as error:
        return _note_trouble(way, kept, error.happened, now)
    except Exception:
        # The way's edge: the schedule goes on, and so do the other ways.
        logger.exception("a way for notices broke: %s", way.name)
        return _note_trouble(way, kept, BROKE(), now)
    kept.tries, kept.next_at, kept.trouble = 0, None, None
    for notice in portion:
        if notice.kind == "connection.recovered":
            kept.told.pop(notice.key, None)
        else:
            kept.told[notice.key] = notice.since
    logger.info("notices delivered by %s: %d", way.name, len(portion))
    return None


def _note_trouble(
    way: WayOut, kept: Way, happened: str, now: Instant, named_seconds: float | None = None
) -> str:
    kept.tries += 1
    kept.trouble = happened
    kept.next_at = now + pause_after(kept.tries, named_seconds)
    logger.warning("notice not delivered by %s: %s", way.name, happened)
    return happened


def _is_resting(kept: Way, now: Instant) -> bool:
    """Whether a way is left alone. No longer than the longest pause, whatever a clock once said."""
    return kept.next_at is not None and now < kept.next_at <= now + _LONGEST_PAUSE


def pause_after(tries: int, named_seconds: float | None = None) -> Instant:
    """How long to leave a way alone after so many failures in a row: 5 minutes doubling to 6 hours.

    named_seconds: what the receiver asked for. It holds where it is longer, up to the same 6 hours.
    """
    usual = min(_FIRST_PAUSE << min(tries - 1, 20), _LONGEST_PAUSE)
    named = int((named_seconds or 0) * SECOND)
    return max(usual, min(named, _LONGEST_PAUSE))
