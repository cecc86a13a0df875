"""What ``house`` says at ten dates: taken with a backup, compared after a restore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from regulars.reports.engine.ask import ask_report
from regulars.settings import PublicationSettings
from regulars.store import Store
from regulars_connectors.instants import Instant, to_datetime

from .manifest import Figure

DAYS_BACK = tuple(2**power for power in range(10))
"""1 to 512 days: dense where figures are young, and back over a year and a half."""
_TEXTS = ("sentence", "words", "expected_on")
_FACTS = {"name", "time_zone", "house_size", "regular_reads", "regular_of"}

Ask = Callable[[PublicationSettings, str], Mapping[str, Any]]
"""Answers ``house`` of a publication at the end of a day: the result of its envelope."""


def take_figures(
    publications: Sequence[PublicationSettings], now: Instant, ask: Ask
) -> list[Figure]:
    """The figures of these publications. Texts stay out, since a later version may word them
    otherwise."""
    return [
        Figure(
            publication.model_dump(include=_FACTS),
            day,
            {key: value for key, value in ask(publication, day).items() if key not in _TEXTS},
        )
        for publication in publications
        for day in _days(now)
    ]


def ask_store(store: Store, now: Instant) -> Ask:
    """Ask a store that this process holds."""

    def ask(publication: PublicationSettings, day: str) -> Mapping[str, Any]:
        envelope = ask_report(
            store, publication, "house", as_of=day, parameters={}, now=to_datetime(now)
        )
        result: Mapping[str, Any] = envelope.model_dump(mode="json")["result"]
        return result

    return ask


def differing(figures: Sequence[Figure], ask: Ask) -> Iterator[str]:
    """Every figure that is another one now, in words."""
    for figure in figures:
        try:
            publication = PublicationSettings.model_validate(figure.publication)
        except ValidationError:  # as a newer version notes them
            yield f"a figure at {figure.as_of} has settings that this version cannot read"
            continue
        now = ask(publication, figure.as_of)
        for key, before in figure.house.items():
            if key in now and now[key] != before:
                yield (
                    f"{publication.name} at {figure.as_of}: {key.replace('_', ' ')} was"
                    f" {_shown(before)} and is {_shown(now[key])}"
                )


def _shown(value: Any) -> str:
    return str(value["value"]) if isinstance(value, dict) and "value" in value else str(value)


def _days(now: Instant) -> list[str]:
    today = to_datetime(now).date()
    return [str(today - timedelta(days=days)) for days in DAYS_BACK]
