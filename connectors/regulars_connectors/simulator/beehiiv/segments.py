"""Segments: two for each emailed post, made by hand in the dashboard, and three odd ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..chance import some_uuid
from ..handler import Response
from ..moment import Moment
from ..schedule import DAY_S, HOUR_S
from .asking import Asking, Refusal, answer, missing
from .envelope import slice_numbered
from .stage import Stage
from .subscriptions import Subscriptions

_RECALCULATED_AT_S = 7 * HOUR_S
_AWAKE_S = 90 * DAY_S
_TYPES = ("all", "dynamic", "static", "manual")
_STATUSES = ("all", "pending", "processing", "completed", "failed")


@dataclass(frozen=True, slots=True)
class _Segment:
    """number: of the emailed post that it speaks of; None for the odd ones."""

    id: str
    name: str
    kind: str
    number: int | None
    means: Literal["opened", "clicked", ""]
    born_s: int
    status: str = "completed"


class Segments:
    """The endpoints below ``/segments``. Those of a post are there once it has been sent.

    They are worked out every morning; nobody uses them for longer than three months, and then
    they fall asleep.
    """

    def __init__(self, stage: Stage, subscriptions: Subscriptions) -> None:
        self.stage = stage
        self._subscriptions = subscriptions
        self._every = _segments(stage)
        self._found: dict[tuple[str, int], list[str]] = {}

    def many(self, asking: Asking) -> Response:
        """The list, by numbered pages."""
        moment, expand = self._moment(), asking.expand()
        kind, status = asking.choice("type", _TYPES), asking.choice("status", _STATUSES)
        order = asking.choice("order_by", ("created", "last_calculated"))
        found = [
            segment
            for segment in self._known(moment)
            if kind in ("all", segment.kind) and status in ("all", self._status(moment, segment))
        ]
        if order == "last_calculated":
            found.sort(key=lambda segment: self._calculated_s(moment, segment) or 0)
        if asking.descending:
            found.reverse()
        return slice_numbered(found, asking, lambda one: self._row(moment, one, expand))

    def one(self, asking: Asking, segment_id: str) -> Response:
        """One segment by id."""
        moment = self._moment()
        return answer({"data": self._row(moment, self._find(moment, segment_id), asking.expand())})

    def results(self, asking: Asking, segment_id: str) -> Response:
        """The ids of those in it, by numbered pages."""
        moment = self._moment()
        return slice_numbered(self._ids(moment, self._find(moment, segment_id)), asking, str)

    def members(self, asking: Asking, segment_id: str) -> Response:
        """Those in it as whole subscriptions, by numbered pages."""
        moment = self._moment()
        return self._subscriptions.of(asking, self._ids(moment, self._find(moment, segment_id)))

    def _moment(self) -> Moment:
        if not self.stage.quirks.segments_allowed:
            raise Refusal(403, "Segments are not part of this plan", "FORBIDDEN")
        return self.stage.moment()

    def _known(self, moment: Moment) -> list[_Segment]:
        return [segment for segment in self._every if segment.born_s <= moment.at_s]

    def _find(self, moment: Moment, segment_id: str) -> _Segment:
        for segment in self._known(moment):
            if segment.id == segment_id:
                return segment
        raise missing("Segment")

    def _row(self, moment: Moment, segment: _Segment, expand: frozenset[str]) -> dict[str, Any]:
        ids = self._ids(moment, segment)
        row: dict[str, Any] = {
            "id": segment.id,
            "name": segment.name,
            "type": segment.kind,
            "last_calculated": self._calculated_s(moment, segment),
            "total_results": len(ids),
            "status": self._status(moment, segment),
            "active": segment.number is not None and moment.at_s - segment.born_s < _AWAKE_S,
        }
        if "stats" in expand:
            row["stats"] = {"total_subscribers": len(ids), "unsubscribed_rate": 0}
        return row

    def _status(self, moment: Moment, segment: _Segment) -> str:
        if segment.status == "completed" and self._calculated_s(moment, segment) is None:
            return "pending"
        if segment.status == "completed":
            return self.stage.quirks.segments
        return segment.status

    def _calculated_s(self, moment: Moment, segment: _Segment) -> int | None:
        """The newest seven o'clock in the morning at which it was awake; None before the first."""
        if segment.number is None:
            return None
        last_s = min(moment.at_s, segment.born_s + _AWAKE_S)
        at_s = (last_s - _RECALCULATED_AT_S) // DAY_S * DAY_S + _RECALCULATED_AT_S
        return at_s if at_s >= segment.born_s else None

    def _ids(self, moment: Moment, segment: _Segment) -> Sequence[str]:
        at_s = self._calculated_s(moment, segment)
        if segment.number is None or at_s is None:
            return ()
        if (segment.id, at_s) not in self._found:
            post_id, world = self.stage.world.schedule.emailed[segment.number].id, self.stage.world
            self._found[segment.id, at_s] = [
                person.id
                for person in world.people
                if world.status(person, at_s) is not None
                and _did(world.deed(person.id, post_id), segment.means, at_s)
            ]
        return [
            one
            for one in self._found[segment.id, at_s]
            if self.stage.status(moment, self.stage.world.by_id[one]) is not None
        ]


def _did(deed: Any, means: str, at_s: int) -> bool:
    at = deed.open_recorded_at if means == "opened" else deed.clicked_at
    return at is not None and at // 1_000_000 <= at_s


def _segments(stage: Stage) -> list[_Segment]:
    schedule, seed = stage.world.schedule, stage.world.seed

    def odd(name: str, kind: str, status: str) -> _Segment:
        segment_id = f"seg_{some_uuid(seed, f'segment/{name}')}"
        return _Segment(segment_id, name, kind, None, "", schedule.started_s, status)

    found = [
        odd("Übung (invented)", "manual", "pending"),
        odd("Near the pier (invented)", "dynamic", "failed"),
        odd("Never ready (invented)", "dynamic", "processing"),
    ]
    for number, sent_s in enumerate(schedule.sent_s):
        slug = schedule.emailed[number].slug
        for means in ("opened", "clicked"):
            segment_id = f"seg_{some_uuid(seed, f'segment/{means}/{number}')}"
            name = f"{means}: {slug}"
            found.append(_Segment(segment_id, name, "dynamic", number, means, sent_s))
    return found
