"""A connector built to hurt whoever runs it. ``trouble`` says how; without it, it is well."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from regulars_connectors import (
    ConnectionSettings,
    Finding,
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
    Walk,
)
from regulars_connectors.instants import DAY, from_iso

START = from_iso("2026-01-05T09:00:00Z")
READERS = 40
ROWS = 10
STREAMS = (
    Stream("posts", "state", "posts"),
    Stream("subscriptions", "state", "subscriptions"),
    Stream("signals", "events", "opens"),
)


class HostileSettings(ConnectionSettings):
    """What goes wrong, and where."""

    trouble: str = Field(default="", description="what goes wrong")
    stream: str = Field(default="subscriptions", description="in which stream")
    api_key: SecretStr = Field(
        default=SecretStr("canary-key-52f1c09ab7"), description="what its errors give away"
    )


class HostileConnector:
    """Posts, subscriptions and opens, in pages of ten."""

    name: ClassVar[str] = "hostile"
    Settings: ClassVar[type[ConnectionSettings]] = HostileSettings

    def __init__(self, settings: HostileSettings, runtime: Runtime) -> None:
        self._settings, self._runtime = settings, runtime
        self._break("init")

    def streams(self) -> Sequence[Stream]:
        self._break("streams")
        if self._settings.trouble == "unknown-stream":
            return [*STREAMS, Stream("horoscopes", "state", "horoscopes")]  # type: ignore[arg-type]
        if self._settings.trouble == "stream-twice":
            return [*STREAMS, STREAMS[1]]
        return STREAMS

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        if stream.name == self._settings.stream:
            self._break("walks")
            if self._settings.trouble == "endless-walks":
                return EndlessWalks(Walk(stream, "window"))
            if self._settings.trouble == "walks-mapped":
                return {"a": Walk(stream, "window")}  # type: ignore[return-value]
            if self._settings.trouble == "whole-parts":
                return [Walk(stream, "whole", parent="a"), Walk(stream, "whole", parent="b")]
        return [Walk(stream, "window")]

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        good = pages_of(walk.stream.name, self._runtime.clock(), cursor)
        if walk.stream.name != self._settings.stream:
            yield from good
        else:
            yield from TROUBLES.get(self._settings.trouble, lambda pages: pages)(good)

    def preflight(self) -> Preflight:
        self._break("preflight")
        return Preflight([Finding("mood", "ok", "It is well.")])

    def close(self) -> None:
        self._break("close")

    def _break(self, where: str) -> None:
        if self._settings.trouble == f"raises-in-{where}":
            key = self._settings.api_key.get_secret_value()
            raise RuntimeError(f"anna@example.org said {key}")
        if self._settings.trouble == f"exits-in-{where}":
            sys.exit(3)


class OddConnector(HostileConnector):
    """Its settings are no model."""

    name = "odd"
    Settings = dict  # type: ignore[assignment]


class EndlessWalks(Sequence[Any]):
    """A sequence that gives the same at each place and has no end."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def __getitem__(self, place: Any) -> Walk:
        return self._walk

    def __len__(self) -> int:
        return sys.maxsize


def rows_of(stream: str) -> list[Record]:
    """Everything that the invented provider has."""
    if stream == "posts":
        return [
            Post(id=f"p{n}", title=f"Post {n}", status="sent", sent_at=START + n * 7 * DAY)
            for n in range(READERS)
        ]
    if stream == "subscriptions":
        return [
            Subscription(id=f"s{n}", status="active", joined_at=START - DAY) for n in range(READERS)
        ]
    return [
        Signal(kind="open", id=f"o{n}", subscription_id=f"s{n}", post_id="p1", at=START + 8 * DAY)
        for n in range(READERS)
    ]


def pages_of(stream: str, now: int, cursor: str | None) -> Iterator[Page]:
    rows = rows_of(stream)
    for start in range(int(cursor or 0), len(rows), ROWS):
        after = str(start + ROWS) if start + ROWS < len(rows) else None
        yield Page(rows[start : start + ROWS], after, now)


def changed(place: int, change: Callable[[Any], Any]) -> Callable[[Iterator[Page]], Iterator[Page]]:
    """The second page with one of its records changed: the first page is well and is kept."""

    def troubled(pages: Iterator[Page]) -> Iterator[Page]:
        for number, page in enumerate(pages):
            records = list(page.records)
            if number == 1:
                records[place] = change(records[place])
            yield replace(page, records=records)

    return troubled


def with_field(field: str, value: object) -> Callable[[Any], Any]:
    def change(record: Any) -> Any:
        values = {name: getattr(record, name) for name in record.__struct_fields__}
        return type(record)(**(values | {field: value}))

    return change


def twice(pages: Iterator[Page]) -> Iterator[Page]:
    """The ninth row again on the second page, mended."""
    first = next(pages)
    second = next(pages)
    yield first
    again = with_field("channel", "mended")(first.records[8])
    yield replace(second, records=[*second.records, again, again])
    yield from pages


def endless(pages: Iterator[Page], new_rows: bool, new_cursors: bool) -> Iterator[Page]:
    first = next(pages)
    number = 0
    while True:
        number += 1
        rows = [Subscription(id=f"x{number}", status="active")] if new_rows else first.records
        yield replace(first, records=rows, cursor=f"c{number if new_cursors else 0}")


def empty(pages: Iterator[Page]) -> Iterator[Page]:
    first, number = next(pages), 0
    while True:
        number += 1
        yield replace(first, records=(), cursor=f"e{number}")


def raises(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    raise KeyError("anna@example.org")


def raises_no_exception(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    raise asyncio.CancelledError


def asks_a_library(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    json.loads("<html>")


def without_text(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    raise InvalidResponse(KeyError("anna@example.org"))  # type: ignore[arg-type]


def half_a_word(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    raise InvalidResponse("The provider said \ud800\x1b[31m\nred.")


def fills_again(pages: Iterator[Page]) -> Iterator[Page]:
    """One list for all pages."""
    records: list[Record] = []
    for page in pages:
        records[:] = page.records
        yield replace(page, records=records)
        records.clear()


def gives_none(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    yield None  # type: ignore[misc]


def never_last(pages: Iterator[Page]) -> Iterator[Page]:
    first, number = next(pages), 0
    while True:
        number += 1
        rows = [Subscription(id=f"x{number}", status="active")]
        yield replace(first, records=rows, cursor=None)


def prints(pages: Iterator[Page]) -> Iterator[Page]:
    for page in pages:
        print("a page")
        yield page


def exits(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    sys.exit(0)


def no_page(pages: Iterator[Page]) -> Iterator[Page]:
    yield next(pages)
    yield {"records": []}  # type: ignore[misc]


TROUBLES: dict[str, Callable[[Iterator[Page]], Iterator[Page]]] = {
    "wrong-type-first": changed(0, with_field("joined_at", "2026-01-01")),
    "wrong-type-inside": changed(4, with_field("joined_at", "2026-01-01")),
    "no-zone-inside": changed(4, with_field("joined_at", datetime(2026, 1, 1))),  # noqa: DTZ001
    "wrong-number-inside": changed(4, with_field("email", 5)),
    "wrong-record-inside": changed(4, lambda _: Post(id="p", title="", status="sent")),
    "no-record-inside": changed(4, lambda _: {"id": "s14"}),
    "unknown-word-inside": changed(4, with_field("status", "smitten")),
    "empty-id-first": changed(0, with_field("id", "")),
    "long-id-inside": changed(4, with_field("id", "i" * 513)),
    "long-name-inside": changed(4, with_field("name", "n" * 70_000)),
    "empty-id-inside": changed(4, with_field("id", "")),
    "no-id-inside": changed(4, with_field("id", None)),
    "impossible-time-inside": changed(4, with_field("joined_at", 2**60)),
    "too-large-inside": changed(4, with_field("joined_at", 2**70)),
    "surrogate-inside": changed(4, with_field("name", "\ud800")),
    "odd-cursor": lambda pages: (replace(page, cursor="\ud800") for page in pages),
    "no-page": no_page,
    "no-moment": lambda pages: (replace(page, fetched_at=1_767_000_000) for page in pages),
    "same-id-twice": twice,
    "endless-new": lambda pages: endless(pages, new_rows=True, new_cursors=True),
    "endless-same": lambda pages: endless(pages, new_rows=False, new_cursors=True),
    "endless-circle": lambda pages: endless(pages, new_rows=True, new_cursors=False),
    "endless-empty": empty,
    "raises-in-pages": raises,
    "exits-in-pages": exits,
    "no-exception-in-pages": raises_no_exception,
    "library-in-pages": asks_a_library,
    "without-text": without_text,
    "half-a-word": half_a_word,
    "fills-again": fills_again,
    "gives-none": gives_none,
    "never-last": never_last,
    "prints": prints,
    "odd-total": lambda pages: (replace(page, total=-1) for page in pages),
    "odd-notices": lambda pages: (replace(page, notices=None) for page in pages),  # type: ignore[arg-type]
    "odd-set-aside": lambda pages: (
        replace(page, quarantined=[Quarantined(reason="odd", id=5)])  # type: ignore[arg-type]
        for page in pages
    ),
}
