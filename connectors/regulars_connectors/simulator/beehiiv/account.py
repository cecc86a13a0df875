"""What belongs to the publication or its account and hardly ever moves: tiers, fields, hooks …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..handler import Response
from ..randomness import some_uuid
from .context import Context
from .envelope import slice_cursor, slice_numbered
from .requests import ParsedRequest, answer, error, missing
from .subscriptions import TIER

Row = dict[str, Any]
Endpoint = Callable[..., Response]
OWNER = "harbour@example.org"


class PublicationData:
    """Lists of a few rows each; ``table`` says which paths they have."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def table(self) -> dict[str, Endpoint]:
        """The endpoints by their paths below the publication."""
        return {
            **self._numbered("tiers", self._tiers),
            **self._numbered("email_blasts", self._blasts),
            **self._plain("custom_fields", self._fields),
            **self._plain("webhooks", self._webhooks),
            **self._plain("bulk_subscription_updates", self._updates),
            "/authors": lambda asking: slice_numbered(self._authors(), asking, dict),
            "/post_templates": lambda asking: slice_numbered(self._templates(), asking, dict),
            "/referral_program": lambda asking: slice_numbered(self._milestones(), asking, dict),
            "/condition_sets": lambda asking: slice_cursor(self.context.quirks, [], asking, dict),
            "/exports/subscriptions": _gated,
        }

    def _numbered(self, name: str, rows: Callable[[], list[Row]]) -> dict[str, Endpoint]:
        return {
            f"/{name}": lambda asking: slice_numbered(rows(), asking, dict),
            f"/{name}/*": lambda _asking, one: answer({"data": _with_id(rows(), one)}),
        }

    def _plain(self, name: str, rows: Callable[[], list[Row]]) -> dict[str, Endpoint]:
        """Lists that come whole."""
        return {
            f"/{name}": lambda _asking: answer({"data": rows()}),
            f"/{name}/*": lambda _asking, one: answer({"data": _with_id(rows(), one)}),
        }

    def _uuid(self, name: str) -> str:
        return some_uuid(self.context.world.seed, name)

    @property
    def _began_s(self) -> int:
        return self.context.world.schedule.started_s

    def _tiers(self) -> list[Row]:
        return [TIER]

    def _blasts(self) -> list[Row]:
        row = {
            "id": f"blast_{self._uuid('blast')}",
            "status": "confirmed",
            "title": "The quay is closed on Sunday (invented)",
            "subject_line": "The quay is closed on Sunday",
            "created": self._began_s,
            "publish_date": self._began_s,
        }
        return [row]

    def _fields(self) -> list[Row]:
        kinds = (("First Name", "string"), ("Boats", "integer"), ("Topics", "list"))
        return [
            {
                "id": f"00000000-0000-4000-8000-0000000000c{number}",
                "kind": kind,
                "display": display,
                "created": self._began_s,
            }
            for number, (display, kind) in enumerate(kinds)
        ]

    def _webhooks(self) -> list[Row]:
        row = {
            "id": "ep_2inventedHarbourHookxyz01",
            "url": "https://collector.example.org/hooks/beehiiv",
            "event_types": ["subscription.created", "post.sent"],
            "description": "",
            "created": self._began_s,
            "updated": self._began_s,
        }
        return [row]

    def _updates(self) -> list[Row]:
        row = {
            "id": self._uuid("bulk update"),
            "type": "status",
            "params": "",
            "status": "complete",
            "publication_id": self.context.world.publication_id,
            "failure_reason": "",
            "completed": self._began_s,
            "created": self._began_s,
            "updated": self._began_s,
            "error_log": [],
        }
        return [row]

    def _authors(self) -> list[Row]:
        return [{"id": self._uuid("author"), "name": "The harbour office (invented)"}]

    def _templates(self) -> list[Row]:
        return [{"id": f"post_template_{self._uuid('template')}", "name": "Letter (invented)"}]

    def _milestones(self) -> list[Row]:
        reward = {
            "id": self._uuid("reward"),
            "name": "A knot (invented)",
            "description": "",
            "image_url": "",
            "type": "physical",
        }
        milestone = {"id": self._uuid("milestone"), "num_referrals": 3, "auto_fulfill": False}
        return [milestone | {"reward": reward}]


def _with_id(rows: list[Row], wanted: str) -> Row:
    for row in rows:
        if row["id"] == wanted:
            return row
    raise missing("It")


def _gated(_asking: ParsedRequest) -> Response:
    return error(403, "This feature is not part of the plan", "FORBIDDEN")
