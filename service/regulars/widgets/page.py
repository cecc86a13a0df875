"""Renders a widget's page, and the small page for an iframe. Both are free of scripts."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from markupsafe import Markup

from regulars.pages.formatting import LocalTime, local_time
from regulars.pages.rendering import render
from regulars.pictures.figure import dots_alone

from . import messages
from .document import WidgetDocument
from .publishing import ConfiguredWidget
from .snippets import Snippet, snippets_of


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its Content-Security-Policy, which allows only what it needs."""

    html: str
    policy: str


@dataclass(frozen=True, slots=True)
class PageView:
    """Everything that the widget's page says."""

    document: WidgetDocument
    dots: Markup | None
    folder: str
    links: dict[str, str]
    snippets: tuple[Snippet, ...]
    rules: tuple[str, ...]
    next_update: LocalTime
    is_private: bool = False


def render_page(document: WidgetDocument, declared: ConfiguredWidget) -> Page:
    """The page with the figure, its definition and the snippets to copy."""
    addresses = declared.addresses
    zone = ZoneInfo(declared.publication.time_zone)
    view = PageView(
        document=document,
        dots=_dots(document),
        folder=addresses.folder,
        links={
            "page": addresses.page,
            "oembed": addresses.oembed,
            "png": addresses.picture("card.png"),
            "json": addresses.json,
            "key": addresses.key,
        },
        snippets=snippets_of(document, addresses, declared.text_of(document)),
        rules=_rules(document, declared),
        next_update=local_time(document.next_update, zone),
        is_private=addresses.is_loopback,
    )
    return _with_style("widget.html", view, declared)


def render_frame(document: WidgetDocument, declared: ConfiguredWidget, theme: str = "auto") -> Page:
    """The figure alone, for an iframe. ``theme``: auto, light or dark."""
    view = PageView(
        document=document,
        dots=_dots(document),
        folder=declared.addresses.folder,
        links={"page": declared.addresses.page},
        snippets=(),
        rules=(),
        next_update=local_time(document.next_update, ZoneInfo("UTC")),
    )
    return _with_style("widget-frame.html", view, declared, theme)


def _with_style(
    template: str, view: PageView, declared: ConfiguredWidget, theme: str = "auto"
) -> Page:
    style = render("widget.css.jinja", folder=view.folder)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    ancestors = " ".join(declared.widget.allowed_origins)
    html = render(template, text=messages, view=view, style=Markup(style), theme=theme)  # noqa: S704 - our own
    return Page(
        html,
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src 'self'; img-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}",
    )


def _dots(document: WidgetDocument) -> Markup | None:
    theatre = document.theatre
    if theatre is None or not theatre.dots:
        return None
    return Markup(dots_alone(theatre.dots, theatre.lit))  # noqa: S704 - drawn by us


def _rules(document: WidgetDocument, declared: ConfiguredWidget) -> tuple[str, ...]:
    """How the figure was made safe to publish, in sentences."""
    privacy = document.privacy
    moves = messages.MOVES_WEEKLY if privacy.cadence == "weekly" else messages.MOVES_DAILY
    return (
        messages.ROUNDED(step=f"{privacy.rounded_to:,}"),
        messages.MIN_GROUP(people=f"{privacy.min_group:,}"),
        *_rules_below(document, declared),
        moves(),
        messages.NOTHING_ABOUT_ANYBODY(),
        messages.IS_PUBLIC(),
        messages.PAGES_CAN_BE_LIMITED(),
    )


def _rules_below(document: WidgetDocument, declared: ConfiguredWidget) -> tuple[str, ...]:
    """From how many people on the second figure is shown, where the document has one."""
    second = declared.shown.second
    if second is None or len(document.figures) < 2:
        return ()
    step = document.figures[1].rounded_to
    people = max(second.fewest_people, document.privacy.min_group)
    return (messages.MIN_GROUP_BELOW(step=step, people=f"{people:,}"),)
