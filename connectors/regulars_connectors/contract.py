"""What a connector promises.

A connector is an object made from its settings. It remembers nothing between calls: the sync
hands it what an earlier run learned (a cursor, a checkpoint, the known parents) and stores
what it yields. It yields *pages*; a page is records and the cursor after them.

The way of one run::

    for stream in connector.streams():            # what this provider has
        for walk in connector.walks(stream, state):   # one, or one for each parent
            for page in connector.pages(walk, at):    # a generator, resumed at a cursor
                ...

Streams are of two kinds. A *state* stream shows how things stand (subscriptions, posts); its
walk is ``whole`` or a ``window``, and only a finished whole walk says who disappeared. An
*event* stream only ever grows or corrects (sends, opens, answers); it is committed part by
part, and ``Page.checkpoint`` says where the next run may begin.

Every connector satisfies ``Connector``. What only some providers offer is a protocol of its own:
``SupportsDiscovery``, ``SupportsWebhooks``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from .instants import Instant
from .records import (
    Day,
    Departure,
    Hint,
    ListStanding,
    NewsletterList,
    Post,
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
}
"""The kind of record that each stream is made of."""

PARENTS: tuple[StreamName, ...] = ("questions", "posts", "days", "segments")
"""The streams whose ids a connector is told, to walk below each of them (``SyncState.parents``)."""

Clock: TypeAlias = Callable[[], Instant]
"""Time is an argument: whoever runs a connector passes the clock that it shall believe."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that a connector yields.

    name: the kind of record, which decides the table it ends in.
    kind: "state" or "events".
    label: the word for a person, as in "answers: 120 read".
    running_totals: its subscriptions are promised to carry counters; all zero or absent is then
        an alarm and "not measured", never zero.
    """

    name: StreamName
    kind: Literal["state", "events"]
    label: str
    running_totals: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """One pass through a stream, or through the part of it below one parent.

    parent: the provider's id of the poll, post, link or segment walked; None for the stream.
    coverage: "whole" sees every row and so also who is gone; "window" sees some; "since" goes on
        from ``checkpoint``, with the connector's own overlap for what arrives late.
    confirmed: the owner vouches for a whole walk, so what it lacks is gone at once; otherwise
        absence counts once a second whole walk confirms it.
    """

    stream: Stream
    coverage: Literal["whole", "window", "since"]
    parent: str | None = None
    checkpoint: str | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One answer's worth of records.

    cursor: opaque; where the walk goes on after this page, None after the last one.
    fetched_at: when the provider gave it; running totals are dated by this.
    total: how many rows the provider says the whole walk has, where it says so.
    checkpoint: for event streams, where a later run may begin if it knows this page.
    notices: what the owner should know of this walk, in whole sentences; the run repeats them.
    """

    records: Sequence[Record]
    cursor: str | None
    fetched_at: Instant
    total: Count | None = None
    quarantined: Sequence[Quarantined] = ()
    checkpoint: str | None = None
    notices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SyncState:
    """What the store knows of a connection, as far as a connector may need it to plan its walks.

    parents: ids by stream name, newest first ("questions", "posts", "days", "segments"), with how
        many answers each had when last seen, where that is known.
    checkpoints: by (stream name, parent).
    full: the owner asked for everything again.
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

    requests: how many a full pull will take; seconds: how long at the connection's pace.
    clock_skew_seconds: the provider's clock minus ours, where it shows one.
    """

    findings: Sequence[Finding]
    requests: Count | None = None
    seconds: Seconds | None = None
    clock_skew_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AvailablePublication:
    """A publication that a key opens, as ``regulars init`` lists it.

    id: the provider's. options: the settings of a connection to it, beside those asked for.
    subscriptions: how many people it has, where the provider says so.
    """

    id: str
    title: str
    options: Mapping[str, Any] = field(default_factory=dict)
    subscriptions: Count | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A delivery to a webhook, raw as it came in: signatures cover the very bytes."""

    headers: Mapping[str, str]
    body: bytes


class ConnectionSettings(BaseModel):
    """Base of every connector's settings. Unknown names are refused, so that typing errors show.

    ``account`` groups connections that share one quota at the provider; by default those with
    the same key. The fields ``name``, ``connector`` and ``sync`` belong to the service.
    """

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
        """Hold back every request of the account for so many seconds."""
        ...


class AccountPacers(Protocol):
    """One pacer for each account. ``regulars_connectors.http`` brings one."""

    def of_account(
        self, provider: str, account: str | None, key: str, requests_per_minute: float
    ) -> AccountPacer:
        """The pacer of ``account``; without a name, of everything with the same key."""
        ...


class Transport(Protocol):
    """What carries a request to the provider, as ``httpx.BaseTransport`` does."""

    def handle_request(self, request: Any, /) -> Any:
        """Send an ``httpx.Request``, and give the ``httpx.Response``."""
        ...

    def close(self) -> None:
        """End connections. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the service lends to a connector.

    clock: the time that counts. sleep: how to wait (a test passes one that does not).
    pacers: one for each account, shared by all connections of this process; see ``http``.
    unpaced: the demo asks its own simulator as fast as it can.
    transport: what carries the requests; None for the network, a test passes its own.
    """

    clock: Clock
    sleep: Callable[[float], None]
    pacers: AccountPacers | None = None
    unpaced: bool = False
    transport: Transport | None = None


@runtime_checkable
class Connector(Protocol):
    """One provider. Made as ``cls(settings, runtime)``; ``close`` ends its connections."""

    name: ClassVar[str]
    Settings: ClassVar[type[ConnectionSettings]]

    def streams(self) -> Sequence[Stream]:
        """The streams of this provider, in the order in which they are to be pulled."""
        ...

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """The walks that bring ``stream`` up to date: one, or one below each parent."""
        ...

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of ``walk``, from its start or from ``cursor``.

        Raises the family of ``errors``: FeatureUnavailable when this stream cannot be had,
        CursorExpired when ``cursor`` is no longer known.
        """
        ...

    def preflight(self) -> Preflight:
        """Ask little, and say what a sync will meet: key, rights, clock, size."""
        ...

    def close(self) -> None:
        """End connections. May be called twice."""
        ...


@runtime_checkable
class SupportsWebhooks(Protocol):
    """Optional: a connector whose provider sends events by itself."""

    def handle_webhook(self, request: WebhookRequest) -> Sequence[Record | Hint]:
        """Verify a delivery and say what it means. Raises ConfigurationError on a bad signature."""
        ...


@runtime_checkable
class SupportsDiscovery(Protocol):
    """Optional: a connector class that can say which publications a key opens.

    asked: the settings that are needed for it, in the order in which a person is asked for them.
    """

    asked: ClassVar[tuple[str, ...]]

    @classmethod
    def discover(
        cls, options: Mapping[str, Any], runtime: Runtime
    ) -> Sequence[AvailablePublication]:
        """Every publication that ``options`` open: values for ``asked``, and perhaps others of the
        connector's settings, as another address.

        Raises the family of ``errors``: AuthenticationFailed, ConfigurationError, Unreachable.
        """
        ...
