"""The envelope of every report: what was asked, the answer, its evidence and its freshness."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

R = TypeVar("R", bound=BaseModel)


class Part(BaseModel):
    """Base of everything inside an envelope: frozen, with known fields alone."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True
    )


class Window(Part):
    """The time that the answer looks at, from its start up to its end (excluded)."""

    start: datetime | None = Field(
        validation_alias=AliasChoices("start", "from"),
        serialization_alias="from",
        description="when the first of the posts looked at went out, if any",
    )
    end: datetime = Field(
        validation_alias=AliasChoices("end", "to"),
        serialization_alias="to",
        description="the moment asked about",
    )


# What one of each is called.
ONE_OF: Mapping[str, str] = {
    "people": "person",
    "posts": "post",
    "signals": "signal",
    "reads": "read",
}


class LeftOut(Part):
    """Something outside the figure, and why."""

    reason: str = Field(description="stable code of the reason")
    what: Literal["people", "posts", "signals", "reads"] = Field(description="what is counted")
    count: int = Field(ge=0, description="how many")
    words: str = Field(description="the reason in words")


class Coverage(Part):
    """What the answer rests on."""

    counted: int = Field(ge=0, description="how many rows the answer was made from")
    left_out: list[LeftOut] = Field(description="what was left out and why, in counts above zero")
    notes: list[str] = Field(description="what else a reader of the figure should know")


class SourceStream(Part):
    """What the last run that asked for a stream saw of it."""

    stream: str = Field(description="kind of record")
    outcome: str = Field(description="whole, window, events, partial, unavailable or failed")
    seen_at: datetime = Field(description="when its last page came")
    seen: int = Field(description="rows that the provider showed")
    quarantined: int = Field(description="unreadable rows, kept apart")
    held_removals: int = Field(
        description="people missing at the provider, kept until you accept their removal"
    )
    without_totals: int = Field(
        default=0, description="active people whose known lifetime totals did not come"
    )
    held_changes: int = Field(
        default=0, description="people who left at the provider, kept until you accept it"
    )
    unknown_standings: int = Field(
        default=0, description="people whose status at the provider is not known"
    )
    taken_back: int = Field(
        default=0, description="sent posts that the provider now shows as unsent"
    )
    undated: int = Field(
        default=0, description="mailed posts whose date is unknown: they count for nobody"
    )
    reason: str | None = Field(description="why it is incomplete, in words")
    alarm: str | None = Field(description="code of totals that cannot be right")
    count_difference: int | None = Field(
        default=None, description="records that came less what the provider counts (null if equal)"
    )
    accepted_difference: int | None = Field(
        default=None, description="the difference that you accepted (null without)"
    )
    statistics_age: int | None = Field(
        default=None,
        description="seconds since the provider computed its statistics (null where it is unsaid)",
    )


class Source(Part):
    """One connection and how fresh its data are."""

    connection: str = Field(description="name of the connection")
    connector: str = Field(description="name of its connector")
    last_complete_sync: datetime | None = Field(
        description="when the last complete sync ended, if any"
    )
    last_outcome: str = Field(
        description="of the newest run: complete, partial or failed (`never` before the first)"
    )
    reason: str | None = Field(description="why the newest run is incomplete")
    is_stale: bool = Field(
        description="the last complete sync is over eight days old or missing (false while paused)"
    )
    streams: list[SourceStream] = Field(description="what was seen of each kind of record")


class Envelope(Part, Generic[R]):
    """A whole report."""

    report: str = Field(description="name of the report")
    publication: str = Field(description="name of the publication")
    as_of: datetime = Field(description="only what had happened before this moment counts")
    window: Window = Field(description="the time looked at")
    definition: str = Field(description="how this is counted, in words")
    result: R = Field(description="the answer")
    coverage: Coverage = Field(description="what was counted, and what was left out and why")
    sources: list[Source] = Field(description="where the data come from, and how fresh they are")
