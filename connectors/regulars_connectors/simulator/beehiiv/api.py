"""The beehiiv API as one function: routing first, then the key, then the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import unquote

from ...instants import Instant
from ..handler import Request, Response
from ..snapshot_view import SnapshotView
from ..world import World
from .account import OWNER, PublicationData
from .automations import Automations
from .context import Context, Quirks
from .days import Days
from .envelope import slice_numbered
from .lists import Lists
from .polls import Polls
from .posts import Posts
from .requests import ParsedRequest, Refusal, answer, missing
from .segments import Segments
from .subscriptions import Subscriptions

NAME = "Letters from the Harbour (invented)"
_SCOPES = [f"{area}:read" for area in ("publications", "posts", "subscriptions", "polls")]
Endpoint: TypeAlias = Callable[..., Response]


class BeehiivApi:
    """A world seen through the beehiiv API.

    Call it with a ``Request``. ``context.quirks`` says how it behaves; faults may change it.
    """

    def __init__(
        self,
        world: World,
        clock: Callable[[], Instant],
        quirks: Quirks | None = None,
        *,
        name: str = NAME,
    ) -> None:
        self.name = name
        self.context = Context(world, clock, quirks or Quirks())
        self._subscriptions = Subscriptions(self.context)
        self._posts = Posts(self.context)
        self._polls = Polls(self.context)
        self._days = Days(self.context)
        self._segments = Segments(self.context, self._subscriptions)
        self._lists = Lists(self.context)
        self._automations = Automations(self.context)
        self._belongings = PublicationData(self.context)
        self._routes = self._table()
        self._words = {word for shape in self._routes for word in shape.split("/")} - {"*"}
        self._publication_stats: tuple[int, dict[str, Any]] = (-1, {})

    def __call__(self, request: Request) -> Response:
        try:
            endpoint, ids = self._route(request)
            self._check_key(request)
            asking = ParsedRequest(request, quoted_expand=self.context.quirks.quoted_expand)
            return endpoint(asking, *ids)
        except Refusal as refusal:
            return refusal.response()

    def _route(self, request: Request) -> tuple[Endpoint, list[str]]:
        """The endpoint of a path and the ids in it. An unknown path is 404 even without a key."""
        parts = request.path.strip("/").split("/")
        shape = "/".join(part if part in self._words else "*" for part in parts[1:])
        if parts[0] != "v2" or shape not in self._routes:
            raise Refusal(404, "No such path", "NOT_FOUND")
        if request.method != "GET":
            raise Refusal(405, "This stand-in can only be read", "READ_ONLY")
        ids = [unquote(part) for part in parts[1:] if part not in self._words]
        return self._of_publication(shape, ids)

    def _of_publication(self, shape: str, ids: list[str]) -> tuple[Endpoint, list[str]]:
        endpoint = self._routes[shape]
        if not shape.startswith("publications/*"):
            return endpoint, ids

        def checked(asking: ParsedRequest, publication_id: str, *more: str) -> Response:
            if publication_id != self.context.world.publication_id:
                raise missing("Publication")
            return endpoint(asking, *more)

        return checked, ids

    def _check_key(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip() or not self.context.quirks.key_works:
            raise Refusal(401, "The key is missing or not valid", "UNAUTHORIZED")

    def _table(self) -> dict[str, Endpoint]:
        below: dict[str, Endpoint] = {
            "": self._publication,
            "/subscriptions": self._subscriptions.many,
            "/subscriptions/*": self._subscriptions.one,
            "/subscriptions/by_email/*": self._subscriptions.by_email,
            "/posts": self._posts.many,
            "/posts/*": self._posts.one,
            "/posts/aggregate_stats": self._posts.aggregate,
            "/polls": self._polls.many,
            "/polls/*": self._polls.one,
            "/polls/*/responses": self._polls.responses,
            "/engagements": self._days.many,
            "/segments": self._segments.many,
            "/segments/*": self._segments.one,
            "/segments/*/results": self._segments.results,
            "/segments/*/members": self._segments.members,
            "/newsletter_lists": self._lists.many,
            "/newsletter_lists/*": self._lists.one,
            "/newsletter_lists/*/subscriptions": self._lists.subscriptions,
            "/newsletter_lists/*/subscriptions/*": self._lists.subscription,
            "/automations": self._automations.many,
            "/automations/*": self._automations.one,
            "/automations/*/emails": self._automations.emails,
            "/automations/*/journeys": self._automations.journeys,
            "/automations/*/journeys/*": self._automations.journey,
            **self._belongings.table(),
        }
        return {
            "publications": self._publications,
            "workspaces/identify": self._identify,
            "workspaces/publications/by_subscription_email/*": self._with_subscription,
            "workspaces/permissions": self._permissions,
            "users/identify": self._user,
            **{f"publications/*{path}": endpoint for path, endpoint in below.items()},
        }

    # --- the account, and the publication that this API shows --------------------------------

    def _publications(self, asking: ParsedRequest) -> Response:
        asking.choice("order_by", ("created", "name"))
        return slice_numbered([asking.expand()], asking, self.publication_row)

    def _publication(self, asking: ParsedRequest) -> Response:
        return answer({"data": self.publication_row(asking.expand())})

    def publication_row(self, expand: frozenset[str]) -> dict[str, Any]:
        """The publication as lists and look-ups show it."""
        world = self.context.world
        row: dict[str, Any] = {
            "id": world.publication_id,
            "name": self.name,
            "organization_name": "The harbour office (invented)",
            "referral_program_enabled": True,
            "created": world.schedule.started_s - 400 * 86_400,
        }
        wanted = {name.removeprefix("stat_") for name in expand if name.startswith("stat_")}
        if wanted or "stats" in expand:
            stats = self._stats(self.context.moment())
            every = "stats" in expand
            row["stats"] = {key: stats[key] for key in stats if every or key in wanted}
        return row

    def _stats(self, moment: SnapshotView) -> dict[str, Any]:
        if self._publication_stats[0] != moment.at_s:
            self._publication_stats = (moment.at_s, _publication_stats(moment))
        stats = self._publication_stats[1]
        return stats | {"average_click_rate": False} if self.context.quirks.boolean_stats else stats

    def _identify(self, asking: ParsedRequest) -> Response:
        return answer({"data": {"id": self._workspace_id, "name": NAME, "owner_email": OWNER}})

    def _with_subscription(self, asking: ParsedRequest, email: str) -> Response:
        """The publications that a person subscribes to: the one, or none."""
        known = self._subscriptions.by_email(asking, email).status == 200
        return answer({"data": [self.publication_row(frozenset())] if known else []})

    def _permissions(self, asking: ParsedRequest) -> Response:
        return answer({"data": {"scopes": _SCOPES}})

    def _user(self, asking: ParsedRequest) -> Response:
        return answer({"data": {"id": self._workspace_id.replace("work_", "user_")}})

    @property
    def _workspace_id(self) -> str:
        return self.context.world.publication_id.replace("pub_", "work_")


def _publication_stats(moment: SnapshotView) -> dict[str, Any]:
    active = premium = 0
    for person, status in moment.people():
        active += status == "active"
        premium += status == "active" and person.premium
    sums = [0, 0, 0, 0, 0, 0]
    for post in moment.posts:
        sums = [a + b for a, b in zip(sums, moment.post_counts(post), strict=True)]
    _, delivered, opened, clicked, scanned, _ = sums
    return {
        "active_subscriptions": active,
        "active_premium_subscriptions": premium,
        "active_free_subscriptions": active - premium,
        "average_open_rate": round(100 * opened / delivered, 2) if delivered else 0,
        "average_click_rate": round(100 * (clicked + scanned) / delivered, 2) if delivered else 0,
        "total_sent": delivered,
        "total_unique_opened": opened,
        "total_clicked": clicked + scanned,
    }
