"""The one automation, a welcome, and everybody's way through it."""

from __future__ import annotations

from typing import Any

from ..handler import Response
from ..people import Person
from ..randomness import some_uuid
from ..schedule import DAY_S
from ..snapshot_view import SnapshotView
from .context import Context
from .envelope import slice_cursor, slice_numbered
from .requests import ParsedRequest, answer, missing

_STATUSES = ("all", "in_progress", "completed", "exited_early")
_LASTS_S = 3 * DAY_S


class Automations:
    """The endpoints below ``/automations``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.id = f"aut_{some_uuid(context.world.seed, 'automation')}"

    def many(self, asking: ParsedRequest) -> Response:
        """The list, by numbered pages."""
        moment = self.context.moment()
        return slice_numbered([asking.expand()], asking, lambda one: self._row(moment, one))

    def one(self, asking: ParsedRequest, automation_id: str) -> Response:
        """One automation by id."""
        self._must_be(automation_id)
        return answer({"data": self._row(self.context.moment(), asking.expand())})

    def emails(self, asking: ParsedRequest, automation_id: str) -> Response:
        """Its one mail: a cursor walk."""
        self._must_be(automation_id)
        row = {"id": some_uuid(self.context.world.seed, "welcome"), "subject_line": "Welcome"}
        return slice_cursor(self.context.quirks, [row], asking, dict)

    def journeys(self, asking: ParsedRequest, automation_id: str) -> Response:
        """Everybody's way through it, by numbered pages."""
        self._must_be(automation_id)
        moment, status = self.context.moment(), asking.choice("status", _STATUSES)
        rows = [self._journey(moment, person) for person in moment.welcomed_people()]
        found = [row for row in rows if status in ("all", row["status"])]
        return slice_numbered(found, asking, dict)

    def journey(self, asking: ParsedRequest, automation_id: str, journey_id: str) -> Response:
        """One way by id."""
        self._must_be(automation_id)
        moment = self.context.moment()
        for person in moment.welcomed_people():
            if self._journey_id(person) == journey_id:
                return answer({"data": self._journey(moment, person)})
        raise missing("Automation journey")

    def _must_be(self, automation_id: str) -> None:
        if automation_id != self.id:
            raise missing("Automation")

    def _row(self, moment: SnapshotView, expand: frozenset[str]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": self.id,
            "name": "Welcome aboard (invented)",
            "description": "",
            "status": "running",
            "trigger_events": ["signup"],
        }
        if "stats" in expand:
            ways = [self._journey(moment, person) for person in moment.welcomed_people()]
            done = sum(way["status"] == "completed" for way in ways)
            counts = {"total": len(ways), "completed": done, "running": len(ways) - done}
            row["stats"] = {"journeys": counts}
        return row

    def _journey_id(self, person: Person) -> str:
        return f"aj_{some_uuid(self.context.world.seed, f'journey/{person.key}')}"

    def _journey(self, moment: SnapshotView, person: Person) -> dict[str, Any]:
        ends_s = person.joined_s + _LASTS_S
        done = ends_s <= moment.at_s
        return {
            "id": self._journey_id(person),
            "automation_id": self.id,
            "subscription_id": person.id,
            "email": person.email,
            "status": "completed" if done else "in_progress",
            "started_at": person.joined_s,
            "completed_at": ends_s if done else None,
        }
