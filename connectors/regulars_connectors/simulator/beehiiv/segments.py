"""Segments: two for each emailed post, made by hand in the dashboard, and three odd ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..handler import Response
from ..randomness import some_uuid
from ..schedule import DAY_S, HOUR_S
from ..snapshot_view import SnapshotView
from .context import Context
from .envelope import check_page, slice_numbered
from .requests import ParsedRequest, Refusal, answer, missing
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

    They are computed every morning. After three months without use they fall asleep.
    """

    def __init__(self, context: Context, subscriptions: Subscriptions) -> None:
        self.context = context
        self._subscriptions = subscriptions
        self._every = _segments(context)
        self._found: dict[tuple[str, int], list[str]] = {}

    def many(self, asking: ParsedRequest) -> Response:
        """The list, by numbered pages, a hundred of them at most."""
        check_page(asking.page or 1)
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

    def one(self, asking: ParsedRequest, segment_id: str) -> Response:
        """One segment by id."""
        moment = self._moment()
        return answer({"data": self._row(moment, self._find(moment, segment_id), asking.expand())})

    def results(self, asking: ParsedRequest, segment_id: str) -> Response:
        """The ids of those in it, by numbered pages, a hundred of them at most."""
        check_page(asking.page or 1)
        moment = self._moment()
        return slice_numbered(self._ids(moment, self._find(moment, segment_id)), asking, str)

    def members(self, asking: ParsedRequest, segment_id: str) -> Response:
        """Those in it as whole subscriptions, by numbered pages."""
        moment = self._moment()
        return self._subscriptions.of(asking, self._ids(moment, self._find(moment, segment_id)))

    def _moment(self) -> SnapshotView:
        if not self.context.quirks.segments_allowed:
            raise Refusal(403, "Segments are not part of this plan", "FORBIDDEN")
        return self.context.moment()

    def _known(self, moment: SnapshotView) -> list[_Segment]:
        return [segment for segment in self._every if segment.born_s <= moment.at_s]

    def _find(self, moment: SnapshotView, segment_id: str) -> _Segment:
        for segment in self._known(moment):
            if segment.id == segment_id:
                return segment
        raise missing("Segment")

    def _row(
        self, moment: SnapshotView, segment: _Segment, expand: frozenset[str]
    ) -> dict[str, Any]:
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

    def _status(self, moment: SnapshotView, segment: _Segment) -> str:
        if segment.status == "completed" and self._calculated_s(moment, segment) is None:
            return "pending"
        if segment.status == "completed":
            return self.context.quirks.segments
        return segment.status

    def _calculated_s(self, moment: SnapshotView, segment: _Segment) -> int | None:
        """The newest seven o'clock in the morning at which it was awake; None before the first."""
        if segment.number is None:
            return None
        last_s = min(moment.at_s, segment.born_s + _AWAKE_S)
        at_s = (last_s - _RECALCULATED_AT_S) // DAY_S * DAY_S + _RECALCULATED_AT_S
        return at_s if at_s >= segment.born_s else None

    def _ids(self, moment: SnapshotView, segment: _Segment) -> Sequence[str]:
        at_s = self._calculated_s(moment, segment)
        if segment.number is None or at_s is None:
            return ()
        if (segment.id, at_s) not in self._found:
            post_id, world = (
                self.context.world.schedule.emailed[segment.number].id,
                self.context.world,
            )
            self._found[segment.id, at_s] = [
                person.id
                for person in world.people
                if world.status(person, at_s) is not None
                and _did(world.deed(person.id, post_id), segment.means, at_s)
            ]
        return [
            one
            for one in self._found[segment.id, at_s]
            if self.context.status(moment, self.context.world.by_id[one]) is not None
        ]


def _did(deed: Any, means: str, at_s: int) -> bool:
    at = deed.open_recorded_at if means == "opened" else deed.clicked_at
    return at is not None and at // 1_000_000 <= at_s


def _segments(context: Context) -> list[_Segment]:
    schedule, seed = context.world.schedule, context.world.seed

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
