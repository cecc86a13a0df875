"""The beehiiv connector: streams, walks, and the preflight.

beehiiv has no "changed since": only a walk over everybody shows who is subscribed, and every row
carries lifetime totals. Poll answers are the one signal with a person and a time.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
from msgspec import Raw

from ..contract import (
    AvailablePublication,
    ConnectionSettings,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
    WebhookEvent,
    WebhookRequest,
)
from ..errors import (
    ConfigurationError,
    ConnectorError,
    CursorExpired,
    FeatureUnavailable,
    NotFound,
)
from ..http import Got, Params, StatusError, http_client, quoting, segment
from ..instants import Instant
from ..loose import Unread
from ..paging import FetchCursor, FetchNumber, count_through, follow
from ..records import Record
from ..rows import require_segment
from ..webhooks import standard_key, verify_standard
from . import days, lists, mapping, polls, reading, segments, texts, webhooks, wire
from .expands import Expands
from .reading import Reading, RowMapper
from .refusals import explain, explained
from .requests import EXPAND_STATS, LIST_PARAMS, READS
from .settings import BeehiivSettings

PUBLICATIONS = Stream("publications", "state", "publication")
POSTS = Stream("posts", "state", "posts")
SUBSCRIPTIONS = Stream("subscriptions", "state", "subscriptions", running_totals=True)
QUESTIONS = Stream("questions", "state", "polls")
ANSWERS = Stream("signals", "events", "poll answers")

LIMIT = 100
"""Always sent: the default of 10 means ten times the requests, and a wall at page 100."""

_REMEMBERED = ("posts", "subscriptions")
"""Lists of which a refused expansion is remembered, by the name of their stream."""
# A 404 here speaks of a poll, list, segment or feature, not of the publication.
_OF_ONE_THING = re.compile(r"/(responses|results|newsletter_lists(/[^/]+/subscriptions)?)$")


class BeehiivConnector:
    """One publication at beehiiv."""

    name: ClassVar[str] = "beehiiv"
    Settings: ClassVar[type[ConnectionSettings]] = BeehiivSettings
    asked: ClassVar[tuple[str, ...]] = ("api_key",)

    @classmethod
    def discover(
        cls, options: Mapping[str, Any], runtime: Runtime
    ) -> Sequence[AvailablePublication]:
        """Every publication that the key opens. Raises the family of ``errors``."""
        from .discovery import discover

        return discover(cls, options, runtime)

    def __init__(self, settings: BeehiivSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._root = f"/publications/{settings.publication_id}"
        self._polls_shown: Sequence[Walk] | None = None
        self._noted: dict[str | None, str | None] = {}
        self._lists_shown: Sequence[str] | None = None
        self._is_shown = False
        self._expands = Expands()
        self._http = http_client(
            self.name,
            settings,
            settings.api_key,
            base_url=settings.base_url,
            allowed=READS,
            runtime=runtime,
            explain=explain,
        )

    def streams(self) -> Sequence[Stream]:
        """Posts before people: a send during the walk then shows in the counters only."""
        letters = self._runtime.correspondence
        return (
            PUBLICATIONS,
            POSTS,
            *((texts.POST_TEXTS,) if letters is not None else ()),
            SUBSCRIPTIONS,
            QUESTIONS,
            ANSWERS,
            days.DAYS,
            lists.LISTS,
            lists.STANDINGS,
            segments.SEGMENTS,
            segments.RESULTS,
        )

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One whole walk; of answers, one for each poll that is asked (``polls``); of results, one
        for each segment that was worked out anew; of days, a window.
        """
        named = self._settings.segments
        match stream.name:
            case "days":
                return (days.walk(state),)
            case "segments":
                return segments.state_walks(named, state)
            case "segment_results":
                now = self._runtime.clock()
                return tuple(segments.result_walks(named, self._segment, state, now))
            case "signals":
                every = self._answer_walks()
                self._noted = {walk.parent: polls.noted_of(walk, state) for walk in every}
                return polls.walks(every, state, self._runtime.clock())
            case name if name in _REMEMBERED:
                noted = state.checkpoints.get((name, None))
                now = self._runtime.clock()
                self._expands.remember(name, noted, now, full=state.full)
        return (Walk(stream, "whole"),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of ``walk``. Raises the family of ``errors``."""
        name = walk.stream.name
        for page in self._pages(walk, cursor):
            ended = name if name in _REMEMBERED and page.cursor is None else None
            told = self._expands.notices(ended)
            if ended is not None:
                page = replace(page, checkpoint=self._expands.checkpoint(name, page.fetched_at))  # noqa: PLW2901
            yield replace(page, notices=(*page.notices, *told)) if told else page

    def _pages(self, walk: Walk, cursor: str | None) -> Iterator[Page]:
        match walk.stream.name:
            case "publications":
                yield self._publication_page()
            case "posts":
                fetch = self._numbered("posts", reading.post)
                for page in count_through(fetch, cursor, limit=LIMIT):
                    is_last = page.cursor is None
                    yield replace(page, computed_at=self._computed_at()) if is_last else page
            case "subscriptions":
                yield from follow(self._subscriptions, cursor, limit=LIMIT)
            case "questions":
                yield from self._questions(cursor)
            case "signals":
                yield from self._answers(walk, cursor)
            case _:
                yield from self._further_pages(walk, cursor)

    def _further_pages(self, walk: Walk, cursor: str | None) -> Iterator[Page]:
        """The pages of what there is beside posts, people and polls."""
        match walk.stream.name:
            case "post_texts":
                yield from self._texts(cursor)
            case "days":
                yield from days.pages(self._days, walk, cursor, self._runtime.clock)
            case "lists":
                yield from self._lists(cursor)
            case "list_standings":
                yield from self._standings(cursor)
            case "segments":
                now = self._runtime.clock()
                yield from segments.state_pages(self._settings.segments, self._segment, now)
            case "segment_results":
                yield from self._results(walk, cursor)

    def preflight(self) -> Preflight:
        """Make a few requests, and say what a sync will meet: key, rights, clock, size."""
        from .preflight import preflight

        settings = self._settings
        return preflight(
            self._ask,
            self._ask_permissions,
            settings.publication_id,
            settings.requests_per_minute,
            settings.segments,
        )

    def verify_webhook(self, request: WebhookRequest) -> str:
        """The id of a delivery that beehiiv signed. Raises WebhookRefused, FeatureUnavailable."""
        secrets = self._settings.webhook_secret
        keys = [standard_key(one.get_secret_value()) for one in secrets]
        return verify_standard(request, keys, self._runtime.clock())

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        """What a delivery means. Raises InvalidResponse."""
        return webhooks.read_event(body)

    def close(self) -> None:
        """End the connections. May be called twice."""
        self._http.close()

    def _ask(self, below: str, params: Params) -> Got[bytes]:
        return self._http.get(self._root + below, params, _whole_json)

    def _ask_permissions(self) -> Got[bytes]:
        return self._http.get("/workspaces/permissions", (), _whole_json)

    def _publication_page(self) -> Page:
        got = self._get(self._root, EXPAND_STATS, wire.read_single)
        page = reading.rows_page([got.value], reading.publication, got.fetched_at, Counter())
        for record in page.records:
            mapping.require_own(getattr(record, "id", None), self._settings.publication_id)
        self._is_shown = True
        return replace(page, total=1)

    def _computed_at(self) -> Instant | None:
        """When beehiiv worked the posts' statistics out, if it says so. A run can do without."""
        try:
            got = self._http.get(f"{self._root}/posts/aggregate_stats", (), wire.read_computed_at)
        except ConnectorError:
            return None
        return mapping.instant(got.value)

    def _questions(self, cursor: str | None) -> Iterator[Page]:
        def keep(raw: Raw, row_reading: Reading) -> Record:
            row, keys = wire.read_row(raw, reading.POLL, row_reading.unread)
            require_segment(row.id)
            walks[row.id] = _answers_of(row)
            return mapping.question(row, keys)

        walks: dict[str, Walk] = {}
        yield from follow(
            self._by_cursor(f"{self._root}/polls", "polls", keep), cursor, limit=LIMIT
        )
        if cursor is None:
            self._polls_shown = tuple(walks.values())

    def _answer_walks(self) -> Sequence[Walk]:
        """The walks of all polls, from the list that this run has already read, if it has."""
        if self._polls_shown is None:
            deque(self._questions(None), maxlen=0)
        return self._polls_shown or ()

    def _answers(self, walk: Walk, cursor: str | None) -> Iterator[Page]:
        def to_record(raw: Raw, row_reading: Reading) -> Record:
            row, _ = wire.read_row(raw, reading.RESPONSE, row_reading.unread)
            return mapping.answer(row, walk.parent)

        path = f"{self._root}/polls/{segment(walk.parent or '')}/responses"
        fetch = self._by_cursor(path, "responses", to_record)
        noted = self._noted.get(walk.parent)
        try:
            yield from polls.with_ends(follow(fetch, cursor, limit=LIMIT), walk, noted, cursor)
        except NotFound:
            # Deleted since the list of polls was read: nothing more can come from it.
            yield Page((), None, self._runtime.clock())

    def _days(self, params: Params, to_record: RowMapper) -> Page:
        unread: Unread = Counter()
        with _feature("figures for each day"):
            got = self._http.get(f"{self._root}/engagements", params, _sheet_reader(unread))
        return reading.rows_page(got.value.data, to_record, got.fetched_at, unread)

    def _lists(self, cursor: str | None) -> Iterator[Page]:
        fetch = self._numbered("newsletter_lists", lists.newsletter_list)
        shown: list[str] = []
        with _feature("newsletter lists"):
            for page in count_through(fetch, cursor, limit=LIMIT):
                shown += (str(record.id) for record in page.records)  # type: ignore[union-attr]
                yield page
        if cursor is None:
            self._lists_shown = shown

    def _list_ids(self) -> Sequence[str]:
        """Every list, from the walk of them that this run has made if it has."""
        if self._lists_shown is None:
            deque(self._lists(None), maxlen=0)
        return self._lists_shown or ()

    def _standings(self, cursor: str | None) -> Iterator[Page]:
        def standings_of(list_id: str) -> FetchCursor:
            path = f"{self._root}/newsletter_lists/{segment(list_id)}/subscriptions"
            return self._by_cursor(path, "standings", lists.standing)

        clock = self._runtime.clock
        yield from lists.pages(self._list_ids, standings_of, cursor, clock, limit=LIMIT)

    def _texts(self, cursor: str | None) -> Iterator[Page]:
        letters = self._runtime.correspondence
        to_record = texts.mapper(letters.key if letters is not None else b"")
        fetch = self._numbered("posts", to_record, texts.PARAMS, texts.KIND)
        yield from count_through(fetch, cursor, limit=texts.LIMIT)

    def _segment(self, segment_id: str) -> Got[Raw]:
        return self._http.get(f"{self._root}/segments/{segment_id}", (), wire.read_single)

    def _results(self, walk: Walk, cursor: str | None) -> Iterator[Page]:
        fetch = self._numbered(f"segments/{walk.parent}/results", segments.mapper(walk))
        yield from segments.result_pages(fetch, walk, cursor, self._runtime.clock(), limit=LIMIT)

    def _subscriptions(self, limit: int, cursor: str | None) -> Page:
        path = f"{self._root}/subscriptions"
        got = self._list(path, "subscriptions", limit, cursor, reading.subscriptions_page)
        return replace(got.value, fetched_at=got.fetched_at)

    def _by_cursor(self, path: str, kind: str, to_record: RowMapper) -> FetchCursor:
        def fetch(limit: int, cursor: str | None) -> Page:
            unread: Unread = Counter()
            got = self._list(path, kind, limit, cursor, _sheet_reader(unread))
            page = reading.rows_page(got.value.data, to_record, got.fetched_at, unread)
            after, total = wire.next_cursor(got.value), wire.total_of(got.value)
            return replace(page, cursor=after, total=total)

        return fetch

    def _numbered(
        self,
        below: str,
        to_record: RowMapper,
        asked: Params | None = None,
        kind: str | None = None,
    ) -> FetchNumber:
        """asked, kind: what is asked for, and its name, where they differ from the list's own."""
        more = LIST_PARAMS[below.rpartition("/")[2]] if asked is None else asked

        def fetch(limit: int, number: int) -> tuple[Page, bool | None]:
            params = (("limit", str(limit)), ("page", str(number)), *more)
            unread: Unread = Counter()
            got = self._get(f"{self._root}/{below}", params, _sheet_reader(unread), kind)
            page = reading.rows_page(got.value.data, to_record, got.fetched_at, unread)
            page = replace(page, total=wire.total_of(got.value))
            return page, wire.more_pages(got.value, number)

        return fetch

    def _list(
        self,
        path: str,
        kind: str,
        limit: int,
        cursor: str | None,
        read: Callable[[bytes], wire.T],
    ) -> Got[wire.T]:
        place: Params = (("cursor", cursor),) if cursor is not None else ()
        try:
            return self._get(path, (("limit", str(limit)), *LIST_PARAMS[kind], *place), read)
        except (StatusError, NotFound) as error:
            # 404: the row at which the cursor stands has left the list.
            is_of_the_cursor = isinstance(error, NotFound) or error.status == 400
            if cursor is not None and is_of_the_cursor:
                raise CursorExpired("beehiiv no longer knows the cursor of this walk.") from None
            raise

    def _get(
        self,
        path: str,
        params: Params,
        read: Callable[[bytes], wire.T],
        kind: str | None = None,
    ) -> Got[wire.T]:
        kind = kind or ("publication" if path == self._root else path.rpartition("/")[2])
        while True:
            try:
                return self._http.get(path, self._expands.accepted(kind, params), read)
            except (StatusError, FeatureUnavailable) as error:
                if self._expands.leave_out(kind, params, error):
                    continue
                if isinstance(error, FeatureUnavailable) and kind in _REMEMBERED:
                    raise explained(error, self._ask_permissions, kind) from None
                raise
            except NotFound as error:
                if _OF_ONE_THING.search(path):
                    raise
                raise self._not_there(path, kind, error) from None

    def _not_there(self, path: str, kind: str, error: NotFound) -> NotFound | ConfigurationError:
        """A 404 is of the publication, or of a list once this run was shown the publication."""
        if not self._is_shown or path == self._root:
            return ConfigurationError(
                "beehiiv knows no publication with this publication_id, or the key may not see it."
            )
        of_a_list = NotFound(f"beehiiv shows the publication, and answers 404 for its {kind}.")
        quoting(of_a_list, error.provider_said)
        return of_a_list


_ANY_JSON = msgspec.json.Decoder(Raw)


def _sheet_reader(unread: Unread) -> Callable[[bytes], wire.ListResponse[Raw]]:
    """Reads a page of raw rows, and counts what is left out of the page around them."""
    return lambda body: wire.read_sheet(body, unread)


def _answers_of(poll: wire.PollRow) -> Walk:
    """The walk of a poll's answers. Its checkpoint is how many there were when it was planned."""
    total = mapping.responses(poll)
    checkpoint = None if total is None else str(total)
    return Walk(ANSWERS, "whole", parent=poll.id, checkpoint=checkpoint)


@contextmanager
def _feature(label: str) -> Iterator[None]:
    """A missing path means a feature that this plan or account lacks."""
    try:
        yield
    except NotFound:
        raise FeatureUnavailable(f"beehiiv has no {label} for this publication.") from None


def _whole_json(body: bytes) -> bytes:
    _ANY_JSON.decode(body)
    return body
