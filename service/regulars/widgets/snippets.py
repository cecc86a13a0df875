"""What to copy, for each place where a figure may stand."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .addresses import Addresses
from .document import WidgetDocument
from .loader import newest
from .oembed import HEIGHT, MAX_PARALLEL_ACCOUNTS, iframe

FALLBACK = "How many people keep coming back"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One thing to copy. ``place``: where it goes; ``why``: this form and no other."""

    place: str
    why: str
    code: str


def snippets_of(document: WidgetDocument, addresses: Addresses) -> tuple[Snippet, ...]:
    """A snippet for each place."""
    return (
        Snippet(
            "Your own site, or a blog that takes HTML",
            "It fits the width, follows light and dark, and its text can be selected. Write"
            ' variant="line" for one sentence, or variant="theatre" for a larger drawing. A page'
            " with a strict policy needs this address in script-src and connect-src, nothing else.",
            _component(addresses),
        ),
        Snippet(
            "A site builder that takes frames only",
            "No script at all: the frame is a small page of its own.",
            iframe(document, addresses, MAX_PARALLEL_ACCOUNTS, HEIGHT),
        ),
        Snippet(
            "A letter",
            "Mail programs show no drawings that are made of lines, so this one is made of points,"
            " twice as fine. It belongs to this week or day and never changes: an old letter stays"
            " true.",
            _mail(document, addresses),
        ),
        Snippet(
            "A README, a forum, a wiki",
            "Scripts and frames are taken out there; a picture stays.",
            f"[![{FALLBACK}]({addresses.picture('card.svg')})]({addresses.page})",
        ),
        Snippet(
            "A row of badges",
            "Drawn by shields, which asks this address for what to write.",
            f"[![{FALLBACK}]({addresses.badge_picture})]({addresses.page})",
        ),
        Snippet(
            "WordPress, Ghost, wikis",
            "Paste the address on a line of its own. Where it is not unfolded, it stays a link.",
            addresses.page,
        ),
        Snippet(
            "Anywhere else",
            "The sentence itself always works.",
            f"{document.text.alt} {addresses.page}",
        ),
    )


def _component(addresses: Addresses) -> str:
    loader = newest()
    return (
        f'<script src="{addresses.base}{loader.path}"\n'
        f'  integrity="{loader.integrity}"\n'
        '  crossorigin="anonymous" async></script>\n'
        f'<regulars-widget src="{addresses.json}">\n'
        f'  <a href="{addresses.page}">{FALLBACK}</a>\n'
        "</regulars-widget>"
    )


def _mail(document: WidgetDocument, addresses: Addresses) -> str:
    # An old letter stays true: its picture is that of its own week. Without a figure there is none.
    period = document.period_name if document.is_settled else None
    picture = addresses.picture("card.png", period)
    return (
        f'<a href="{addresses.page}">\n'
        f'  <img src="{picture}"\n'
        f'    width="600" alt="{escape(document.text.alt)}">\n'
        "</a>"
    )
