"""Snippets to copy, one for each kind of place."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from regulars.messages import Label, Sentence
from regulars.reports.engine.projection import FigureText

from . import messages
from .addresses import Addresses
from .document import WidgetDocument
from .loader import newest
from .oembed import HEIGHT, WIDTH, iframe


@dataclass(frozen=True, slots=True)
class Snippet:
    """One snippet. ``place``: where it goes. ``why``: what speaks for this form there."""

    place: str
    why: str
    code: str


def snippets_of(
    document: WidgetDocument, addresses: Addresses, text: FigureText
) -> tuple[Snippet, ...]:
    """A snippet for each place. text: of the document's figure."""
    link = text.link()
    picture, badge = addresses.picture("card.svg"), addresses.badge_picture
    snippets: tuple[tuple[Label, Sentence, str], ...] = (
        (messages.OWN_PAGE, messages.OWN_PAGE_WHY, _component(addresses, link)),
        (messages.FRAME, messages.FRAME_WHY, iframe(document, addresses, WIDTH, HEIGHT)),
        (messages.MAIL, messages.MAIL_WHY, _mail(document, addresses)),
        (messages.README, messages.README_WHY, f"[![{link}]({picture})]({addresses.page})"),
        (messages.BADGES, messages.BADGES_WHY, f"[![{link}]({badge})]({addresses.page})"),
        (messages.OEMBED, messages.OEMBED_WHY, addresses.page),
        (messages.ANYWHERE, messages.ANYWHERE_WHY, f"{document.text.alt} {addresses.page}"),
    )
    return tuple(Snippet(place(), why(), code) for place, why, code in snippets)


def _component(addresses: Addresses, link: str) -> str:
    loader = newest()
    return (
        f'<script src="{addresses.base}{loader.path}"\n'
        f'  integrity="{loader.integrity}"\n'
        '  crossorigin="anonymous" async></script>\n'
        f'<regulars-widget src="{addresses.json}">\n'
        f'  <a href="{addresses.page}">{link}</a>\n'
        "</regulars-widget>"
    )


def _mail(document: WidgetDocument, addresses: Addresses) -> str:
    # The picture of the period, so that an old issue stays true. Before a figure there is none.
    period = document.period_name if document.is_settled else None
    picture = addresses.picture("card.png", period)
    return (
        f'<a href="{addresses.page}">\n'
        f'  <img src="{picture}"\n'
        f'    width="600" alt="{escape(document.text.alt)}">\n'
        "</a>"
    )
