"""An example connector for each need that the contract must carry, and a sync that drives them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from regulars_connectors import (
    ConnectionSettings,
    Counters,
    CursorExpired,
    FeatureUnavailable,
    Finding,
    Hint,
    Instant,
    InvalidResponse,
    Page,
    Post,
    Preflight,
    Quarantined,
    Question,
    Record,
    Runtime,
    Signal,
    Stream,
    Subscription,
    SyncState,
    Walk,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from regulars_connectors.http import Pacer, Pacers
from regulars_connectors.instants import from_iso

MOMENT = from_iso("2026-01-05T09:00:00Z")
PEOPLE = Stream("subscriptions", "state", "subscriptions")
POSTS = Stream("posts", "state", "posts")
POLLS = Stream("questions", "state", "polls")
SIGNALS = Stream("signals", "events", "signals")


class ExampleConnector:
    """What every example has. A real connector needs no base class."""

    name: ClassVar[str] = "example"
    Settings: ClassVar[type[ConnectionSettings]] = ConnectionSettings
    has: Sequence[Stream] = ()

    def __init__(self, settings: ConnectionSettings, runtime: Runtime) -> None:
        self.settings, self.runtime = settings, runtime

    def streams(self) -> Sequence[Stream]:
        return self.has

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        return (Walk(stream, "whole"),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        raise NotImplementedError

    def preflight(self) -> Preflight:
        return Preflight(())

    def close(self) -> None:
        pass


class ProvesWhole(ExampleConnector):
    """A full walk that can prove itself complete, with a row that could not be read."""

    has = (PEOPLE,)
    rows: Sequence[str] = ("sub_1", "sub_2", "sub_3")

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        for place in range(int(cursor or 0), len(self.rows)):
            after = str(place + 1) if place + 1 < len(self.rows) else None
            one = self.rows[place]
            records = [] if one == "sub_2" else [Subscription(id=one, status="active")]
            bad = [Quarantined(reason="wrong type", id=one)] if one == "sub_2" else []
            yield Page(records, after, self.runtime.clock(), total=len(self.rows), quarantined=bad)


class SinceCheckpoint(ExampleConnector):
    """A feed since a checkpoint, read again with an overlap for what arrives late."""

    has = (SIGNALS,)
    overlap = 10
    feed: Sequence[tuple[Instant, str, str]] = ()

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        checkpoint = state.checkpoints.get(("signals", None))
        return (Walk(stream, "since", checkpoint=checkpoint),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        start = int(walk.checkpoint or 0) - self.overlap
        found = [Signal(kind="open", id=name, at=at) for at, name, _ in self.feed if at >= start]
        newest = max((signal.at or 0 for signal in found), default=int(walk.checkpoint or 0))
        yield Page(found, None, self.runtime.clock(), checkpoint=str(newest))


class BelowParents(ExampleConnector):
    """One walk for each poll, each resumable by itself."""

    has = (POLLS, SIGNALS)
    polls: Mapping[str, Sequence[str]] = {"poll_1": ("a", "b"), "poll_2": ("c",)}

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        if stream == POLLS:
            return (Walk(stream, "whole"),)
        return tuple(Walk(stream, "window", parent=poll) for poll in state.parents["questions"])

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        if walk.stream == POLLS:
            yield Page(
                [Question(id=poll, kind="poll", name=poll) for poll in self.polls],
                None,
                self.runtime.clock(),
            )
            return
        answers = self.polls[walk.parent or ""]
        for place in range(int(cursor or 0), len(answers)):
            record = Signal(kind="poll", id=answers[place], question_id=walk.parent)
            after = str(place + 1) if place + 1 < len(answers) else None
            yield Page([record], after, self.runtime.clock())


class ForgetfulCursor(ExampleConnector):
    """An opaque cursor that the provider forgets."""

    has = (PEOPLE,)
    valid: set[str] = set()  # noqa: RUF012

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        if cursor is not None and cursor not in self.valid:
            raise CursorExpired("The provider no longer knows the cursor.")
        if cursor is None:
            yield Page([Subscription(id="sub_1", status="active")], "opaque", self.runtime.clock())
        yield Page([Subscription(id="sub_2", status="active")], None, self.runtime.clock())


class KeySet(ExampleConnector):
    """Goes on after a pair (time, id)."""

    has = (SIGNALS,)
    rows = ((MOMENT, "a"), (MOMENT, "b"), (MOMENT + 1, "c"))

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        at, _, name = (cursor or "0/").partition("/")
        rest = [row for row in self.rows if row > (int(at), name)]
        for place, (moment, name) in enumerate(rest):
            after = f"{moment}/{name}" if place + 1 < len(rest) else None
            record = Signal(kind="click", id=name, at=moment)
            yield Page([record], after, self.runtime.clock(), checkpoint=f"{moment}/{name}")


class Mailbox(ExampleConnector):
    """Goes on after UIDVALIDITY and UID; another validity means a new mailbox."""

    has = (SIGNALS,)
    validity = 7
    uids = (1, 2, 5)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        checkpoint = state.checkpoints.get(("signals", "INBOX"))
        return (Walk(stream, "since", parent="INBOX", checkpoint=checkpoint),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        validity, _, uid = (cursor or walk.checkpoint or "0:0").partition(":")
        after = int(uid) if int(validity) == self.validity else 0
        rest = [number for number in self.uids if number > after]
        letters = [Signal(kind="reply", id=f"{self.validity}-{number}") for number in rest]
        mark = f"{self.validity}:{max(self.uids)}"
        yield Page(letters, None, self.runtime.clock(), checkpoint=mark)


class FileOffset(ExampleConnector):
    """Goes on at a byte of a file, and says the line of a row that could not be read."""

    has = (SIGNALS,)
    text = b"open,a\nbroken\nopen,b\n"

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        start = int(cursor or 0)
        line = self.text.count(b"\n", 0, start) + 1
        for raw in self.text[start:].splitlines(keepends=True):
            start += len(raw)
            kind, _, name = raw.decode().strip().partition(",")
            good = [Signal(kind="open", id=name)] if kind == "open" else []
            bad = [] if good else [Quarantined(reason="one column", line=line)]
            after = str(start) if start < len(self.text) else None
            yield Page(good, after, self.runtime.clock(), quarantined=bad)
            line += 1


class Mends(ExampleConnector):
    """Shows again what changed: an open that appears late, another answer, a person gone."""

    has = (SIGNALS,)
    late = False

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield Page(
            [
                Signal(
                    kind="open", id="1", subscription_id="sub_1", at=MOMENT if self.late else None
                ),
                Signal(kind="poll", id="2", answer="No" if self.late else "Yes"),
                Signal(kind="poll", id="3", subscription_id=None if self.late else "sub_3"),
            ],
            None,
            self.runtime.clock(),
        )


class RunningTotals(ExampleConnector):
    """Lifetime totals at the moment of the page; a person without any; a recovered one."""

    has = (Stream("subscriptions", "state", "subscriptions", running_totals=True),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield Page(
            [
                Subscription(id="sub_1", status="active", counters=Counters(9, 4, 1)),
                Subscription(id="sub_2", status="active"),
                Subscription(id="sub_3", status="left", counters=Counters(300, 99, 0, True)),
            ],
            None,
            self.runtime.clock(),
        )


class AskToKnow(ExampleConnector):
    """Polls need a scope that this key lacks; opens are not tracked; the rest can be had."""

    has = (PEOPLE, POLLS, POSTS)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        if walk.stream == POLLS:
            raise FeatureUnavailable("The key may not read polls.")
        records: list[Record] = [Subscription(id="sub_1", status="active")]
        if walk.stream == POSTS:
            records = [Post(id="post_1", title="One", status="sent", opens_tracked=False)]
        yield Page(records, None, self.runtime.clock())


class SharesQuota(ExampleConnector):
    """One of several publications of an account."""

    def pacer(self, key: str) -> Pacer:
        pacers: Pacers = self.runtime.pacers
        return pacers.of_account(self.name, self.settings.account, key, 60)


class TakesWebhooks(ExampleConnector):
    """Signed deliveries: a pull confirms one, and one alone carries the fact."""

    secret = b"whsec"

    def verify_webhook(self, request: WebhookRequest) -> str:
        signature = hmac.new(self.secret, request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, request.headers.get("signature", "")):
            raise WebhookRefused("A delivery bears a wrong signature.")
        return signature

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        try:
            event = json.loads(body)
            kind, event_id, at = event["type"], event["id"], event["at"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise InvalidResponse("A delivery cannot be read.") from None
        if kind == "subscription.created":
            return WebhookEvent(kind, at, (Hint(stream="subscriptions", id=event_id, at=at),))
        told = Signal(kind="survey", id=event_id, at=at, text=event["text"])
        return WebhookEvent(kind, at, (told,))


class AsksForAJob(ExampleConnector):
    """An export that is asked for, waited for and downloaded; each cursor carries its job."""

    has = (PEOPLE,)
    ready_after: Instant = 100
    jobs = 0

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        job, _, part = (cursor or self._ask()).partition("/")
        while self.runtime.clock() < self.ready_after:
            self.runtime.sleep(30)
        for place in range(int(part or 0), 2):
            after = f"{job}/{place + 1}" if place == 0 else None
            record = Subscription(id=f"sub_{place + 1}", status="active")
            yield Page([record], after, self.runtime.clock())

    def _ask(self) -> str:
        self.jobs += 1
        return f"job_{self.jobs}"


class Preflights(ExampleConnector):
    """Key, scopes, clock, count of what will come, estimated time."""

    def preflight(self) -> Preflight:
        findings = (
            Finding("key", "ok", "The key is accepted."),
            Finding("polls", "warning", "The key may not read polls.", "Give it the scope."),
        )
        return Preflight(findings, requests=106, seconds=70.7, clock_skew_seconds=-2.0)


@dataclass
class ExampleSync:
    """What a sync keeps: versions by key, who was seen whole, checkpoints, what was missing."""

    versions: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    seen_whole: set[str] = field(default_factory=set)
    checkpoints: dict[tuple[str, str | None], str] = field(default_factory=dict)
    parents: dict[str, dict[str, int | None]] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    moments: dict[str, Instant] = field(default_factory=dict)

    def run(self, connector: ExampleConnector) -> None:
        for stream in connector.streams():
            state = SyncState(self.parents, self.checkpoints)
            try:
                for walk in connector.walks(stream, state):
                    self.walk(connector, walk)
            except FeatureUnavailable as error:
                self.unavailable[stream.name] = error.happened

    def walk(self, connector: ExampleConnector, walk: Walk, cursor: str | None = None) -> None:
        seen: set[str] = set()
        for page in connector.pages(walk, cursor):
            self._take(page)
            seen |= {record.id or "" for record in page.records}
            seen |= {row.id for row in page.quarantined if row.id}
            if page.checkpoint is not None:
                self.checkpoints[walk.stream.name, walk.parent] = page.checkpoint
            if page.cursor is None and walk.coverage == "whole" and page.total in (None, len(seen)):
                self.seen_whole = seen

    def _take(self, page: Page) -> None:
        self.quarantined += page.quarantined
        for record in page.records:
            kind = getattr(record, "kind", type(record).__name__)
            versions = self.versions.setdefault((kind, record.id or ""), [])
            if not versions or versions[-1] != record:
                versions.append(record)
            self.moments[record.id or ""] = page.fetched_at
            if isinstance(record, Question):
                self.parents.setdefault("questions", {})[record.id] = record.responses
