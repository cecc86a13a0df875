"""An agency with forty invented publications in every state that the overview knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.invented_house import FULL, NOW, Invented, house_result, never_synced, nobody, source
from support.invented_service import ApiClient

from regulars.reports.engine.envelope import SourceStream
from regulars.settings import build_settings

LOOK, PAUSED = (4, 11, 23, 31), (7, 19)
NEVER = 13


class InventedForty(Invented):
    """Answers for each publication by its number."""

    def __call__(self, report: Any, cursor: Any, publication: Any, *rest: Any, **more: Any) -> Any:
        number = int(publication.name.rpartition("-")[2])
        if number == NEVER:
            self.house = house_result(
                nobody(), sustained_readers=None, reason="no_posts", words="None yet."
            )
        else:
            self.house = house_result(FULL | {"regular": 20 + 13 * number})
        self.sources = [_source(number)]
        if publication.paused:
            self.sources = [one.model_copy(update={"is_stale": False}) for one in self.sources]
        return super().__call__(report, cursor, publication, *rest, **more)


def _source(number: int) -> Any:
    if number == NEVER:
        return never_synced()
    if number == LOOK[0]:
        return source(last_outcome="failed", reason="The provider refused the key (401).")
    if number == LOOK[1]:
        return source(last_complete_sync=NOW - timedelta(days=12), is_stale=True)
    if number == LOOK[2]:
        held: SourceStream = source().streams[0].model_copy(update={"held_removals": 240})
        return source(streams=[held])
    if number == LOOK[3]:
        zero: SourceStream = source().streams[0].model_copy(update={"alarm": "counters_all_zero"})
        return source(streams=[zero])
    if number in PAUSED:
        return source(last_complete_sync=NOW - timedelta(days=90), is_stale=True)
    return source()


def forty_desk() -> ApiClient:
    """The application with them."""
    publications = [
        {
            "name": f"letters-{number}",
            "title": f"Letters from a place with the number {number} (invented)",
            "time_zone": "Europe/Lisbon",
            "paused": number in PAUSED,
        }
        for number in range(1, 41)
    ]
    return ApiClient(build_settings({"publications": publications}, None), InventedForty())
