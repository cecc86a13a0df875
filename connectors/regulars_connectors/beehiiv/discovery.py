"""Which publications a key opens, asked before there is any connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..contract import AvailablePublication, Page, Runtime
from ..errors import ConfigurationError, InvalidResponse, NotFound
from ..http import Allowed, Params, http_client
from ..loose import LooseDecoder
from ..paging import count_through
from ..records import Publication
from ..registry import settings_of
from ..rows import WrongRow
from . import mapping, wire
from .refusals import explain

_READS = (Allowed("GET", "/publications"),)
_ORDER: Params = (("order_by", "created"), ("direction", "asc"), ("expand[]", "stats"))
_LIMIT = 100
# A publication is needed to make settings, and none is known yet.
_NONE_YET = "pub_00000000-0000-4000-8000-000000000000"
_ROW = LooseDecoder(wire.PublicationRow)


def discover(
    kind: Any, options: Mapping[str, Any], runtime: Runtime
) -> Sequence[AvailablePublication]:
    """Every publication of the organisation, oldest first. Raises the family of ``errors``.

    kind: the connector's class, whose settings check the key and the address first.
    """
    settings: Any = settings_of(kind, {**options, "publication_id": _NONE_YET})
    http = http_client(
        kind.name,
        settings,
        settings.api_key,
        base_url=settings.base_url,
        allowed=_READS,
        runtime=runtime,
        explain=explain,
    )

    def fetch(limit: int, number: int) -> tuple[Page, bool | None]:
        params = (("limit", str(limit)), ("page", str(number)), *_ORDER)
        got = http.get("/publications", params, wire.read_sheet)
        rows = [wire.read_row(raw, _ROW, Counter()) for raw in got.value.data]
        records = [mapping.publication(row, keys) for row, keys in rows]
        page = Page(records, None, got.fetched_at, total=wire.total_of(got.value))
        return page, wire.more_pages(got.value, number)

    try:
        found = [row for page in count_through(fetch, limit=_LIMIT) for row in page.records]
    except (msgspec.DecodeError, UnicodeDecodeError, WrongRow) as error:
        raise InvalidResponse(
            f"beehiiv's list of publications could not be read ({type(error).__name__}).",
            to_do="Write the publication id into the settings by hand, and report this.",
        ) from None
    except NotFound:
        raise ConfigurationError(
            f"There is no list of publications below {settings.base_url}.",
            to_do="Correct the base URL: that of beehiiv's API ends in /v2.",
        ) from None
    finally:
        http.close()
    return [_available(row) for row in found if isinstance(row, Publication)]


def _available(row: Publication) -> AvailablePublication:
    options = {"publication_id": row.id}
    return AvailablePublication(row.id, row.name, options, row.active_subscriptions)
