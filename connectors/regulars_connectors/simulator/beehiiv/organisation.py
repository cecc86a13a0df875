"""Several publications of one organisation: one key opens them all, one quota counts for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote

from ...instants import Instant
from ..handler import Handler, Request, Response
from ..world import World
from .api import NAME, BeehiivApi
from .envelope import slice_numbered
from .requests import ParsedRequest

_PLACES = (
    "Harbour", "Lighthouse", "Ferry", "Fish market", "Dry dock", "Rope walk", "Customs house",
    "Old pier",
)  # fmt: skip


class Organisation:
    """An API over the APIs of its publications.

    wrap: what each publication's API goes through before it answers, such as faults.
    """

    def __init__(
        self, apis: Sequence[BeehiivApi], wrap: Callable[[BeehiivApi], Handler] = lambda api: api
    ) -> None:
        if not apis:
            raise ValueError("an organisation has at least one publication")
        self.apis = tuple(apis)
        self._by_id = {api.context.world.publication_id: wrap(api) for api in apis}
        self._first = next(iter(self._by_id.values()))

    def __call__(self, request: Request) -> Response:
        parts = request.path.strip("/").split("/")
        if parts == ["v2", "publications"]:
            return self._list(request)
        wanted = unquote(parts[2]) if parts[:2] == ["v2", "publications"] else ""
        return self._by_id.get(wanted, self._first)(request)

    def _list(self, request: Request) -> Response:
        # One API knows how such a request is refused. Only a good answer is made anew.
        one = self._first(request)
        if one.status != 200:
            return one
        asking = ParsedRequest(request, quoted_expand=self.apis[0].context.quirks.quoted_expand)
        expand = asking.expand()
        rows = sorted(
            self.apis,
            key=lambda api: api.name if asking.one("order_by") == "name" else "",
            reverse=asking.descending,
        )
        return slice_numbered(rows, asking, lambda api: api.publication_row(expand))


def make_organisation(
    seed: int, publications: int, subscribers: int, clock: Callable[[], Instant]
) -> list[BeehiivApi]:
    """APIs of invented publications with ``subscribers`` people each. The first is that of
    ``World.of_size(seed, subscribers)`` alone, the others have the seeds after it."""
    return [
        BeehiivApi(World.of_size(seed + number, subscribers), clock, name=_name(number))
        for number in range(publications)
    ]


def _name(number: int) -> str:
    if number == 0:
        return NAME
    again, place = divmod(number, len(_PLACES))
    edition = f" {again + 1}" if again else ""
    return f"Letters from the {_PLACES[place]}{edition} (invented)"
