"""For each promise of the conformance checks a connector that breaks it, and nothing else.

``GoodConnector`` keeps every promise. A broken one changes one thing about it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import ConfigDict, Field, SecretStr, model_validator

from regulars_connectors import (
    AvailablePublication,
    ConfigurationError,
    ConnectionSettings,
    FeatureUnavailable,
    Finding,
    Hint,
    InvalidResponse,
    Page,
    Post,
    Preflight,
    Quarantined,
    Record,
    Runtime,
    Signal,
    Stream,
    Subscription,
    SyncState,
    Unreachable,
    Walk,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from regulars_connectors.instants import DAY, from_iso

KEY = "canary-key-52f1c09ab7"
MOMENT = from_iso("2026-01-05T09:00:00Z")
PEOPLE = Stream("subscriptions", "state", "subscriptions")
OPENS = Stream("signals", "events", "opens")
ROWS = 25


class GoodSettings(ConnectionSettings):
    """A key, and nothing else."""

    api_key: SecretStr = Field(default=SecretStr(KEY), description="a key of the provider")


class GoodConnector:
    """People in pages of ten, and their opens with a checkpoint."""

    name: ClassVar[str] = "example"
    Settings: ClassVar[type[ConnectionSettings]] = GoodSettings

    def __init__(self, settings: GoodSettings, runtime: Runtime) -> None:
        self.settings, self.runtime = settings, runtime

    def streams(self) -> Sequence[Stream]:
        return (PEOPLE, OPENS)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        if stream == PEOPLE:
            return (Walk(stream, "whole"),)
        return (Walk(stream, "since", checkpoint=state.checkpoints.get(("signals", None))),)

    def rows(self, stream: Stream) -> list[Record]:
        if stream == OPENS:
            return [Signal(kind="open", id=f"o{n}", at=MOMENT + n) for n in range(ROWS)]
        return [
            Subscription(
                id=f"s{n}", status="active", email=f"reader{n}@example.org", joined_at=MOMENT - DAY
            )
            for n in range(ROWS)
        ]

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        rows = self.rows(walk.stream)
        for start in range(int(cursor or 0), len(rows), 10):
            after = str(start + 10) if start + 10 < len(rows) else None
            mark = None if walk.stream == PEOPLE else str(start)
            part = rows[start : start + 10]
            yield Page(part, after, self.runtime.clock(), total=len(rows), checkpoint=mark)

    def preflight(self) -> Preflight:
        return Preflight([Finding("key", "ok", "The key is accepted.")], requests=6, seconds=4.0)

    def close(self) -> None:
        pass


class NoClose(GoodConnector):
    close = None  # type: ignore[assignment]


class OtherName(GoodConnector):
    name = "Example Two"


def with_settings(**config: Any) -> type[GoodConnector]:
    class Loose(ConnectionSettings):
        model_config = ConfigDict(**config)

    class BadSettings(GoodConnector):
        Settings = Loose

    return BadSettings


class Undescribed(GoodConnector):
    class Settings(GoodSettings):  # type: ignore[assignment]
        colour: str = "green"


class OpenSecret(GoodConnector):
    class Settings(ConnectionSettings):  # type: ignore[assignment]
        access_token: str = Field(default="plain", description="a token")


class OwnError(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield next(super().pages(walk, cursor))
        raise KeyError("colour")


class NoException(GoodConnector):
    """What asyncio raises is no Exception."""

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield next(super().pages(walk, cursor))
        raise asyncio.CancelledError


class WithoutText(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield next(super().pages(walk, cursor))
        raise InvalidResponse(KeyError("colour"))  # type: ignore[arg-type]


class OddValidator(GoodConnector):
    class Settings(GoodSettings):  # type: ignore[assignment]
        @model_validator(mode="after")
        def _colour(self) -> Any:
            raise KeyError("colour")


class UnknownStream(GoodConnector):
    def streams(self) -> Sequence[Stream]:
        return (PEOPLE, Stream("horoscopes", "state", "horoscopes"))  # type: ignore[arg-type]


class StreamTwice(GoodConnector):
    def streams(self) -> Sequence[Stream]:
        return (PEOPLE, PEOPLE)


class MovingStreams(GoodConnector):
    asked = 0

    def streams(self) -> Sequence[Stream]:
        self.asked += 1
        return (PEOPLE, OPENS) if self.asked == 1 else (PEOPLE,)


class OtherWalks(GoodConnector):
    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        return (Walk(OPENS, "whole"),)


class WalkTwice(GoodConnector):
    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        return (Walk(stream, "window", parent="a"), Walk(stream, "window", parent="a"))


def with_pages(change: Callable[[int, Page], Page]) -> type[GoodConnector]:
    """Each page of the people changed."""

    class Changed(GoodConnector):
        def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
            for page in super().pages(walk, cursor):
                number = int(page.cursor or 30) // 10
                yield change(number, page) if walk.stream == PEOPLE else page

    return Changed


def with_field(**values: Any) -> type[GoodConnector]:
    """One person with another value in one field."""

    class Changed(GoodConnector):
        def rows(self, stream: Stream) -> list[Record]:
            rows: list[Any] = super().rows(stream)
            if stream == PEOPLE:
                old = {name: getattr(rows[3], name) for name in rows[3].__struct_fields__}
                rows[3] = Subscription(**(old | values))
            return rows

    return Changed


class WholeParts(GoodConnector):
    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        return (Walk(stream, "whole", parent="a"), Walk(stream, "whole", parent="b"))


class WrongRecord(GoodConnector):
    def rows(self, stream: Stream) -> list[Record]:
        return [*super().rows(stream), Post(id="p", title="One", status="sent")]


class NoRecord(GoodConnector):
    def rows(self, stream: Stream) -> list[Record]:
        return [*super().rows(stream), {"id": "s1"}, None]  # type: ignore[list-item]


class SameTwice(GoodConnector):
    def rows(self, stream: Stream) -> list[Record]:
        rows = super().rows(stream)
        return [*rows, rows[0]]


class Circle(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        first = next(super().pages(walk, None))
        while True:
            yield replace(first, cursor="again")


class Endless(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        first, number = next(super().pages(walk, None)), int(cursor or 0)
        while True:
            number += 1
            yield replace(first, cursor=str(number))


class GoesOnAfterTheLast(GoodConnector):
    """Its pages have no cursors, and there is no end to them."""

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        while True:
            for page in super().pages(walk, None):
                yield replace(page, cursor=None)


class GivesNone(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield from super().pages(walk, cursor)
        yield None  # type: ignore[misc]


class CutShort(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        for page in super().pages(walk, cursor):
            if page.cursor is not None:
                yield page


class StartsAgain(GoodConnector):
    """Takes no notice of the cursor."""

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield from super().pages(walk, None)


class Shuffles(GoodConnector):
    made = 0

    def __init__(self, settings: GoodSettings, runtime: Runtime) -> None:
        super().__init__(settings, runtime)
        Shuffles.made += 1
        self.turn = Shuffles.made

    def rows(self, stream: Stream) -> list[Record]:
        rows = super().rows(stream)
        return rows[self.turn % ROWS :] + rows[: self.turn % ROWS]


class Remembers(GoodConnector):
    """Where it is stands in the object, so two walks take each other's pages."""

    place = 0

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        self.place = int(cursor or 0)
        rows = self.rows(walk.stream)
        while self.place < len(rows):
            start = self.place
            self.place += 10
            after = str(self.place) if self.place < len(rows) else None
            yield Page(rows[start : start + 10], after, self.runtime.clock())


class NoFix(GoodConnector):
    def preflight(self) -> Preflight:
        return Preflight([Finding("key", "error", "The key is not accepted.")])


class Discovering(GoodConnector):
    """Offers a publication with a setting that it has not."""

    asked: ClassVar[tuple[str, ...]] = ("api_key",)
    offered: ClassVar[AvailablePublication] = AvailablePublication(
        "pub_1", "One", {"colour": "green"}
    )

    @classmethod
    def discover(cls, options: Any, runtime: Runtime) -> Sequence[AvailablePublication]:
        return [cls.offered]


class DiscoversNothingOfNote(Discovering):
    offered = AvailablePublication("", "One")


def with_preflight(preflight: Any) -> type[GoodConnector]:
    class Preflights(GoodConnector):
        def preflight(self) -> Preflight:
            found: Preflight = preflight()
            return found

    return Preflights


class Prints(GoodConnector):
    def streams(self) -> Sequence[Stream]:
        print("asking")
        return super().streams()


class PrintsAnAddress(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        print("reader1@example.org")
        yield from super().pages(walk, cursor)


class Believes(GoodConnector):
    """Takes whatever is delivered for true."""

    def verify_webhook(self, request: WebhookRequest) -> str:
        return "1"

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        return WebhookEvent("created", None, (Hint(stream="subscriptions"),))


class Misreads(GoodConnector):
    """Gives neither records nor hints."""

    def verify_webhook(self, request: WebhookRequest) -> str:
        raise WebhookRefused("A delivery bears a wrong signature.")

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        return WebhookEvent("created", None, [{"stream": "subscriptions"}])  # type: ignore[list-item]


class Refuses(Misreads):
    """Blames the settings for whatever is delivered, and breaks at an odd body."""

    def verify_webhook(self, request: WebhookRequest) -> str:
        raise ConfigurationError("A delivery bears a wrong signature.")

    def handle_webhook(self, body: bytes) -> WebhookEvent:
        return WebhookEvent(str(json.loads(body)["event_type"]))


class ClosesOnce(GoodConnector):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise Unreachable("It is closed.")
        self.closed = True


class LogsItsKey(GoodConnector):
    def streams(self) -> Sequence[Stream]:
        logging.getLogger("example").debug(
            "asking with %s", self.settings.api_key.get_secret_value()
        )
        return super().streams()


class KeyInCursor(GoodConnector):
    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        for page in super().pages(walk, cursor and cursor.split("/")[0]):
            yield replace(page, cursor=page.cursor and f"{page.cursor}/{KEY}")


class KeyInError(GoodConnector):
    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        raise FeatureUnavailable(f"The key {KEY} may not read this.")


def address_in_reason(number: int, page: Page) -> Page:
    return replace(page, quarantined=[Quarantined(reason="reader1@example.org is odd", id="s1")])


BAD: dict[str, list[type[GoodConnector]]] = {
    "class-shape": [NoClose],
    "class-name": [OtherName],
    "settings-known-names": [with_settings(extra="ignore")],
    "settings-frozen": [with_settings(frozen=False)],
    "settings-described": [Undescribed],
    "settings-secrets": [OpenSecret],
    "errors-of-family": [OwnError, OddValidator, NoException, WithoutText],
    "streams-known": [UnknownStream],
    "streams-once": [StreamTwice],
    "streams-stable": [MovingStreams],
    "walks-of-stream": [OtherWalks],
    "walks-once": [WalkTwice, WholeParts],
    "pages-typed": [
        with_pages(lambda n, page: replace(page, cursor=page.cursor and n)),  # type: ignore[arg-type]
        with_pages(lambda n, page: replace(page, fetched_at=1_767_600_000)),
        with_pages(lambda n, page: replace(page, total=-1)),
        with_pages(lambda n, page: {"records": []}),  # type: ignore[arg-type, return-value]
        with_pages(lambda n, page: replace(page, notices="pages")),
        with_pages(lambda n, page: replace(page, total=True)),
        with_pages(lambda n, page: replace(page, records="rows")),
        with_pages(lambda n, page: replace(page, records=None)),  # type: ignore[arg-type]
        with_pages(lambda n, page: replace(page, quarantined=[{"reason": "odd"}])),  # type: ignore[list-item]
        with_pages(lambda n, page: replace(page, cursor=page.cursor and "\ud800")),
        with_pages(lambda n, page: replace(page, quarantined=[Quarantined(reason="", id=5)])),  # type: ignore[arg-type]
        GivesNone,
    ],
    "records-of-stream": [WrongRecord, NoRecord],
    "field-types": [
        with_field(name=5),
        with_field(status="smitten"),
        with_field(joined_at="2026-01-05"),
        with_field(joined_at=2**70),
        with_field(counters=(1, 2, 3)),
        with_field(name="\ud800"),
        with_field(id=["s1"]),
    ],
    "json-fields": [with_field(attributes="{'colour': 'green'}"), with_field(attributes="[1]")],
    "instants": [
        with_field(joined_at=MOMENT // 1_000_000),
        with_field(joined_at=MOMENT // 1_000),
        with_field(joined_at=MOMENT * 1_000),
    ],
    "ids-given": [with_field(id=""), with_field(id=None)],
    "ids-once": [SameTwice],
    "cursor-advances": [Circle, with_pages(lambda n, page: replace(page, records=()))],
    "walk-ends": [Endless],
    "last-page": [CutShort, GoesOnAfterTheLast],
    "total-agrees": [with_pages(lambda n, page: replace(page, total=26))],
    "checkpoints-of-events": [with_pages(lambda n, page: replace(page, checkpoint="now"))],
    "resume": [StartsAgain],
    "same-again": [Shuffles],
    "remembers-nothing": [Remembers],
    "preflight": [
        NoFix,
        with_preflight(lambda: None),
        with_preflight(lambda: Preflight(iter(()))),  # type: ignore[arg-type]
        with_preflight(lambda: Preflight([Finding("key", "ok", None)])),  # type: ignore[arg-type]
        with_preflight(lambda: Preflight([], requests="many")),  # type: ignore[arg-type]
        with_preflight(lambda: Preflight([], requests=-1)),
        with_preflight(lambda: Preflight([], requests=True)),
        with_preflight(lambda: Preflight([], seconds=float("inf"))),
        with_preflight(lambda: Preflight([], clock_skew_seconds=float("nan"))),
        with_preflight(lambda: Preflight([Finding("key", "fine", "Good.")])),  # type: ignore[arg-type]
        with_preflight(lambda: Preflight([Finding("", "ok", "Good.")])),
    ],
    "discover": [Discovering, DiscoversNothingOfNote],
    "webhooks": [Believes, Misreads, Refuses],
    "close": [ClosesOnce],
    "prints-nothing": [Prints],
    "no-keys": [LogsItsKey, KeyInCursor, KeyInError],
    "no-addresses": [with_pages(address_in_reason), PrintsAnAddress],
}
