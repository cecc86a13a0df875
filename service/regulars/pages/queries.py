"""Which reports the page of a publication asks, declared once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeAlias

from regulars.reports.engine.envelope import Envelope
from regulars.reports.engine.query import AnyEnvelope, ReportQuery
from regulars.reports.house import HOUSE, House
from regulars.reports.judged_posts import Variation
from regulars.reports.movement import MOVEMENT, Movement
from regulars.reports.regulars import REGULARS, Regulars, RegularsParameters
from regulars.reports.states import State
from regulars.reports.variation import VARIATION
from regulars.reports.waiting import WAITING, WaitingParameters, WaitingResult
from regulars.settings import PublicationSettings

# With more people the page asks only for those who have a seat, since it draws no others.
MOST_LISTED = 20_000
EVERYBODY: tuple[State, ...] = (
    "regular",
    "fading",
    "uncertain",
    "quiet",
    "newcomer",
    "occasional",
    "hidden",
    "not_measured",
)
SEATED: tuple[State, ...] = ("regular", "fading", "uncertain", "quiet")
Ask: TypeAlias = Callable[[ReportQuery], AnyEnvelope]
"""Answers a report, from a cache or from the store."""


class HomeReports(NamedTuple):
    """What the page of one publication is made of."""

    house: Envelope[House]
    regulars: Envelope[Regulars]
    movement: Envelope[Movement]
    variation: Envelope[Variation]
    waiting: Envelope[WaitingResult]


def house_query(publication: PublicationSettings) -> ReportQuery:
    """The first query of the page, on which the second depends, and the only one of the list."""
    return ReportQuery(HOUSE, publication)


def ask_home(publication: PublicationSettings, ask: Ask) -> HomeReports:
    """Ask all reports of the page, for the same instant."""
    house: Envelope[House] = ask(house_query(publication))
    wanted = RegularsParameters(state=states_to_ask(house.result))
    return HomeReports(
        house,
        ask(ReportQuery(REGULARS, publication, wanted, house.as_of)),
        ask(ReportQuery(MOVEMENT, publication, as_of=house.as_of)),
        ask(ReportQuery(VARIATION, publication, as_of=house.as_of)),
        ask(waiting_query(publication, house.as_of)),
    )


def waiting_query(publication: PublicationSettings, as_of: datetime | None = None) -> ReportQuery:
    """Who waits for an answer."""
    return ReportQuery(WAITING, publication, WaitingParameters(), as_of)


def states_to_ask(house: House) -> tuple[State, ...]:
    """Which people the page needs from the report ``regulars``."""
    return EVERYBODY if house.active_people <= MOST_LISTED else SEATED
