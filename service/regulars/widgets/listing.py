"""A widget in the owner's list: its address, and what it shows now."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from regulars.reports.messages import ABOUT_KEEP_COMING_BACK

from .publishing import ConfiguredWidget, Publisher

_LINE: dict[str, Any] = {
    "key": "wgt_q83vEjRWeJCrze8SNFZ4kA",
    "publication": "field-notes",
    "title": "Field Notes",
    "cadence": "weekly",
    "page": "https://regulars.example.org/w/wgt_q83vEjRWeJCrze8SNFZ4kA",
    "says": ABOUT_KEEP_COMING_BACK(value=210),
    "as_of": "2026-11-22",
    "is_shown": True,
    "periods": ["2026-W46", "2026-W47"],
}


class WidgetLine(BaseModel):
    """One declared widget."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    key: str = Field(description="its public name")
    publication: str
    title: str
    cadence: str = Field(description="weekly or daily")
    page: str = Field(description="address of its page, with everything else")
    says: str = Field(description="what it says now, in words")
    as_of: date = Field(description="last day that is counted")
    is_shown: bool = Field(description="whether the figure of this period is public, and so frozen")
    periods: list[str] = Field(description="weeks or days with a public figure")


class WidgetList(BaseModel):
    """Every declared widget."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LINE]}]})

    items: list[WidgetLine]


def line_of(publisher: Publisher, declared: ConfiguredWidget, now: datetime) -> WidgetLine:
    """A widget as its owner sees it. Looking publishes nothing."""
    document, is_shown = publisher.look(declared, now)
    return WidgetLine(
        key=declared.widget.key,
        publication=declared.publication.name,
        title=document.title,
        cadence=declared.widget.cadence,
        page=declared.addresses.page,
        says=document.notice or document.text.headline,
        as_of=document.as_of,
        is_shown=is_shown,
        periods=publisher.periods(declared),
    )
