"""Who moved, in words: joined, came back, slipping, quiet, left. And why nobody may be named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from regulars.messages import Label, in_a_row
from regulars.reports.house import RuleInForce
from regulars.reports.movement import Movement, Mover

from . import messages
from .formatting import display_name, local_time, number, spelled
from .front import Names, reads_words
from .view import Moved, MovedPerson, Moves, Row

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way to move: its heading, what it means, and what is said of each person."""

    heading: Label
    meaning: Label
    words: Callable[[Mover, ZoneInfo], str]


def moves(movement: Movement, rule: RuleInForce, zone: ZoneInfo, names: Names) -> Moves | None:
    """Who moved since the moment looked back to. None where too few issues came to say.

    Of the quiet, the page names whoever has become it since then. Whoever came back is no joiner
    as well, and whoever is quiet again did not come back.
    """
    if movement.back_to is None:
        return None
    held = movement.held_back
    quiet = {one.id for one in movement.quiet.people}
    returned = [one for one in movement.came_back.people if one.id not in quiet]
    ids = {one.id for one in returned}
    joined = [one for one in movement.joined.people if one.id not in ids]
    newly_quiet = [one for one in movement.quiet.people if one.is_new]
    found = [
        (JOINED, joined),
        (CAME_BACK, returned),
        *([] if held else [(SLIPPING, movement.slipping.people), (QUIET, newly_quiet)]),
        (LEFT, movement.left.people),
    ]
    shown = [(kind, people) for kind, people in found if people]
    wanted = [one.id for _, people in shown for one in people[:MOST_NAMED]]
    named = names(wanted) if wanted else {}
    since = messages.MOVED_SINCE if rule.unit == "post" else messages.MOVED_SINCE_WEEKS
    return Moves(
        since=since(of=spelled(movement.posts), day=local_time(movement.back_to, zone).words),
        nobody=messages.NOBODY_MOVED() if not shown else "",
        held_back=held.words if held else "",
        groups=tuple(_moved(kind, people, zone, named) for kind, people in shown),
        table=tuple(_row(kind, len(people)) for kind, people in found),
    )


def _moved(kind: _Kind, people: Sequence[Mover], zone: ZoneInfo, names: Mapping[str, str]) -> Moved:
    more = len(people) - MOST_NAMED
    return Moved(
        heading=kind.heading(count=len(people)),
        people=tuple(
            MovedPerson(
                name=display_name(names.get(one.id, one.provider_id)), words=kind.words(one, zone)
            )
            for one in people[:MOST_NAMED]
        ),
        more=messages.AND_MORE(count=more) if more > 0 else "",
    )


def _row(kind: _Kind, count: int) -> Row:
    return Row(people=number(count), meaning=kind.meaning(), who=kind.heading(count=count))


def _reads(mover: Mover, _zone: ZoneInfo) -> str:
    return reads_words(mover.reads_low, mover.reads_high, mover.of) if mover.of else ""


def _fewer_reads(mover: Mover, zone: ZoneInfo) -> str:
    """Read one of the last eight issues, usually six. Or when they last read, if the numbers alone
    would not show it.
    """
    usual = mover.usual_reads
    if usual is None or mover.reads_low != mover.reads_high or mover.reads_low >= usual:
        last = local_time(mover.last_read_at, zone).words if mover.last_read_at else None
        return in_a_row(_reads(mover, zone), messages.LAST_READ(day=last) if last else "")
    return messages.READ_AND_USUALLY(
        reads=spelled(mover.reads_low), of=spelled(mover.of), usual=spelled(usual)
    )


def _reads_since(mover: Mover, zone: ZoneInfo) -> str:
    if mover.reads_since is None:
        return _reads(mover, zone)
    return messages.HAS_READ_SINCE(count=mover.reads_since)


def _kept_until(mover: Mover, zone: ZoneInfo) -> str:
    if mover.until is None:
        return _reads(mover, zone)
    return messages.KEPT_UNTIL(day=local_time(mover.until, zone).words)


def _left_on(mover: Mover, zone: ZoneInfo) -> str:
    if mover.left_at is None:
        return ""
    text = messages.OUT_OF_REACH_SINCE if mover.is_unreachable else messages.LEFT_ON
    return text(day=local_time(mover.left_at, zone).words)


JOINED = _Kind(messages.JOINED, messages.JOINED_MEANS, _reads)
CAME_BACK = _Kind(messages.CAME_BACK, messages.CAME_BACK_MEANS, _reads_since)
SLIPPING = _Kind(messages.SLIPPING, messages.SLIPPING_MEANS, _fewer_reads)
QUIET = _Kind(messages.WENT_QUIET, messages.WENT_QUIET_MEANS, _kept_until)
LEFT = _Kind(messages.HAVE_LEFT, messages.HAVE_LEFT_MEANS, _left_on)
