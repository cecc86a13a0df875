"""What a connector promises.

A connector is an object made from its settings. It is stateless: the sync passes it what an
earlier run learned (a cursor, a checkpoint, the known parents) and stores what it yields. It yields
*pages*, each with records and the cursor after them.

A run goes like this::

    for stream in connector.streams():            # what this provider has
        for walk in connector.walks(stream, state):   # one, or one for each parent
            for page in connector.pages(walk, at):    # a generator, resumed at a cursor
                ...

Streams are of two kinds. A *state* stream shows how things stand (subscriptions, posts). Its walk
is ``whole`` or a ``window``, and only a finished whole walk shows who disappeared. An *event*
stream grows and is corrected (sends, opens, answers). It is committed part by part, and
``Page.checkpoint`` marks where the next run may begin.

Every connector satisfies ``Connector``. Optional features have protocols of their own:
``SupportsDiscovery``, ``SupportsWebhooks``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from .correspondence import Correspondence
from .instants import Instant
from .records import (
    Day,
    Departure,
    Hint,
    Letter,
    ListStanding,
    NewsletterList,
    Post,
    PostText,
    Publication,
    Quarantined,
    Question,
    Record,
    Segment,
    Signal,
    Subscription,
)

StreamName: TypeAlias = Literal[
    "publications",
    "posts",
    "subscriptions",
    "questions",
    "signals",
    "days",
    "lists",
    "list_standings",
    "segments",
    "segment_results",
    "departures",
    "letters",
    "post_texts",
]
RECORDS: Mapping[str, type[msgspec.Struct]] = {
    "publications": Publication,
    "posts": Post,
    "subscriptions": Subscription,
    "questions": Question,
    "signals": Signal,
    "days": Day,
    "lists": NewsletterList,
    "list_standings": ListStanding,
    "segments": Segment,
    "segment_results": Signal,
    "departures": Departure,
    "letters": Letter,
    "post_texts": PostText,
}
"""The record of each stream."""

PARENTS: tuple[StreamName, ...] = ("questions", "posts", "days", "segments")
"""The streams whose ids a connector gets, to walk below each of them (``SyncState.parents``)."""

Clock: TypeAlias = Callable[[], Instant]
"""Time is an argument: whoever runs a connector passes its clock."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that a connector yields.

    name: the kind of record, which decides its table.
    kind: "state" or "events".
    label: its name for a person, as in "answers: 120 read".
    running_totals: whether its subscriptions carry counters. If all of them are zero or missing,
        the run raises an alarm and the totals count as "not measured".
    """

    name: StreamName
    kind: Literal["state", "events"]
    label: str
    running_totals: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """One pass through a stream, or through the part of it below one parent.

    parent: the provider's id of the poll, post, link or segment below which it walks.
    coverage: "whole" sees every row and so who is gone. "window" sees some rows. "since" resumes
        at ``checkpoint``, with an overlap of the connector's choice for late arrivals.
    confirmed: the owner vouches for a whole walk, so a missing row is gone at once. By default
        absence counts once a second whole walk confirms it.
    """

    stream: Stream
    coverage: Literal["whole", "window", "since"]
    parent: str | None = None
    checkpoint: str | None = None
    confirmed: bool = False


UnusedWhy: TypeAlias = Literal[
    "leftover",
    "same",
    "unmatched",
    "unreadable",
    "empty",
    "columns",
    "encoding",
    "passed_over",
    "refused",
    "rejected",
]


@dataclass(frozen=True, slots=True)
class Unused:
    """A file, or a part of one, that a walk came across and left unused.

    why: "leftover" of a computer, "same" as another file, "unmatched" by any table, "unreadable",
    "empty" of rows, "columns" that nobody reads, "encoding" that was inferred, rows that a column
    map has "passed_over", rows that were "refused", "rejected": where the list of these lies.
    detail: the reason, the encoding, or the path of the list. number: of rows. Facts name files
    and columns, never what stands in a cell of a person.
    """

    why: UnusedWhy
    name: str
    detail: str = ""
    columns: tuple[str, ...] = ()
    number: Count = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one response.

    cursor: an opaque text where the walk resumes after this page. The last page has None.
    fetched_at: when the provider sent it, which dates running totals.
    total: how many rows the whole walk has, if the provider says so.
    checkpoint: for event streams, where a later run may begin if it knows this page. On the last
        page of a state stream, what the connector wants to know when it plans the next walk.
    notices: what the owner should know about this walk, in whole sentences for the run's result.
    unread: fields that were left out because they hold something odd, with the number of rows.
    as_of: for rows of an export, the moment at which it showed each record so. Empty means
        ``fetched_at``. A row of an older export never replaces one of a newer export.
    unused: what the walk came across and left out.
    computed_at: when the provider worked out the statistics that it shows, if it says so.
    """

    records: Sequence[Record]
    cursor: str | None
    fetched_at: Instant
    total: Count | None = None
    quarantined: Sequence[Quarantined] = ()
    checkpoint: str | None = None
    notices: Sequence[str] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    as_of: Sequence[Instant] = ()
    unused: Sequence[Unused] = field(default=(), compare=False)
    computed_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class SyncState:
    """What the store knows about a connection and its connector may need to plan walks.

    parents: ids by stream name, newest first ("questions", "posts", "days", "segments"), with the
        number of answers that each had when last seen, if known.
    checkpoints: by (stream name, parent).
    full: whether the owner asked for everything again.
    """

    parents: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    checkpoints: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    full: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``regulars doctor``. verdict: ok, warning or error; fix: what to do."""

    name: str
    verdict: Literal["ok", "warning", "error"]
    text: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a connector can say before the first sync.

    requests: how many a full pull takes. seconds: how long it takes at the connection's pace.
    clock_skew_seconds: the provider's clock minus ours, if its responses are dated.
    """

    findings: Sequence[Finding]
    requests: Count | None = None
    seconds: Seconds | None = None
    clock_skew_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AvailablePublication:
    """A publication that a key opens, as ``regulars init`` lists it.

    id: the provider's. options: further settings of a connection to it, besides the entered ones.
    subscriptions: how many it has, if the provider says so.
    """

    id: str
    title: str
    options: Mapping[str, Any] = field(default_factory=dict)
    subscriptions: Count | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A delivery to a webhook, with its body as raw bytes, because signatures cover these."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What the body of a delivery means.

    event_type: in the provider's words. at: when it happened, by the provider, which puts
    deliveries in order. meanings: hints of what a pull shows as well, and records that pulls lack
    (Signal, Question). unread: how many parts of it could not be read.
    """

    event_type: str
    at: Instant | None = None
    meanings: Sequence[Record | Hint] = ()
    unread: Count = 0


class ConnectionSettings(BaseModel):
    """Base of every connector's settings. Unknown names are refused, so that typing errors show.

    ``account`` groups connections that share one quota at the provider. By default, connections
    with the same key do. The fields ``name``, ``connector`` and ``sync`` belong to the service.
    local_files: whether it reads files that a person puts there. Such a connection syncs by itself
    only if its ``sync`` says so.
    reads_letters: whether it reads mail, and yields letters.
    """

    local_files: ClassVar[bool] = False
    reads_letters: ClassVar[bool] = False

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    account: str | None = Field(
        default=None, description="connections with the same account share one quota"
    )


class AccountPacer(Protocol):
    """Says when the next request of one account may leave."""

    def wait(self, sleep: Callable[[float], None]) -> None:
        """Take the next turn, and sleep until it comes."""
        ...

    def pause(self, seconds: float) -> None:
        """Hold back every request of the account for that many seconds."""
        ...


class AccountPacers(Protocol):
    """One pacer for each account. ``regulars_connectors.http`` has one."""

    def of_account(
        self, provider: str, account: str | None, key: str, requests_per_minute: float
    ) -> AccountPacer:
        """The pacer of ``account``, or by default of all connections with the same key."""
        ...


class Transport(Protocol):
    """Carries a request to the provider, as ``httpx.BaseTransport`` does."""

    def handle_request(self, request: Any, /) -> Any:
        """Send an ``httpx.Request`` and return the ``httpx.Response``."""
        ...

    def close(self) -> None:
        """End connections. May be called twice."""
        ...


TrafficKind = Literal["page", "retry", "over quota", "waited"]
"""What asking a provider costs: good answers, repetitions, refusals by quota, seconds."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the service lends to a connector.

    clock: the time that counts. sleep: how to wait (a test passes one that returns at once). In a
        sync it raises Interrupted when the owner asks to stop.
    pacers: one for each account, shared by all connections of this process.
    unpaced: whether to skip pacing, as the demo does with its own simulator.
    transport: what carries the requests, by default the network.
    should_stop: whether the owner asked to stop. A connector with long waits of its own asks it,
        and raises Interrupted.
    note_traffic: called with the connector's provider, a kind and an amount for what it costs to
        ask: one for each page, retry and answer that the quota is used up, and seconds waited. The
        HTTP client does so. A connector with another client may.
    note_clock: called for each response that tells the provider's time, with the seconds by which
        that is ahead of ``clock``. The HTTP client does so. A connector with another client may.
    correspondence: the letters of the publication, for connectors that read mail or know texts of
        posts. None where the publication has no letters.
    """

    clock: Clock
    sleep: Callable[[float], None]
    pacers: AccountPacers | None = None
    unpaced: bool = False
    transport: Transport | None = None
    should_stop: Callable[[], bool] | None = None
    note_clock: Callable[[float], None] | None = None
    note_traffic: Callable[[str, TrafficKind, float], None] | None = None
    correspondence: Correspondence | None = None


@runtime_checkable
class Connector(Protocol):
    """One provider. The service calls ``cls(settings, runtime)``, and ``close`` at the end."""

    name: ClassVar[str]
    Settings: ClassVar[type[ConnectionSettings]]

    def streams(self) -> Sequence[Stream]:
        """The streams of this provider, in the order of a sync."""
        ...

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """The walks that bring ``stream`` up to date: one, or one below each parent."""
        ...

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of ``walk``, from its start or from ``cursor``.

        Raises the family of ``errors``: FeatureUnavailable if the provider refuses this stream,
        CursorExpired if it has forgotten ``cursor``.
        """
        ...

    def preflight(self) -> Preflight:
        """Report what a sync will meet (key, rights, clock, size), with few requests."""
        ...

    def close(self) -> None:
        """End connections. May be called twice."""
        ...


@runtime_checkable
class SupportsWebhooks(Protocol):
    """Optional: a connector whose provider delivers events by webhook."""

    def verify_webhook(self, request: WebhookRequest) -> str:
        """Judge signature and age of a delivery, and return its id, the same at each try.

        Raises WebhookRefused, and FeatureUnavailable where the settings have no secret.
        """
        ...

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        """What a verified body means. It may be asked later, and again. Raises InvalidResponse."""
        ...


@runtime_checkable
class SupportsDiscovery(Protocol):
    """Optional: a connector class that can list the publications that a key opens.

    asked: the settings that this needs, in the order in which a person enters them.
    """

    asked: ClassVar[tuple[str, ...]]

    @classmethod
    def discover(
        cls, options: Mapping[str, Any], runtime: Runtime
    ) -> Sequence[AvailablePublication]:
        """Every publication that ``options`` open: values for ``asked``, and perhaps of other
        settings, such as another address.

        Raises the family of ``errors``: AuthenticationFailed, ConfigurationError, Unreachable.
        """
        ...
