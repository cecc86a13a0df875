"""What a widget shows is committed when it is first shown, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.invented_house import Invented, first_day
from support.invented_service import settings_of

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.widgets.publishing import ConfiguredWidget, Publisher, configured_widgets

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(StoreSettings(folder=tmp_path)) as opened:
        yield opened


@pytest.fixture
def declared() -> ConfiguredWidget:
    return configured_widgets(settings_of(), "https://regulars.example.org")[0]


def publisher(store: Store, invented: Invented | None = None) -> Publisher:
    answer = invented or Invented()
    return Publisher(
        store,
        lambda report, publication, as_of: answer(report, None, publication, as_of=as_of, now=NOW),
    )


def test_what_was_shown_stands_whatever_the_store_learns_later(
    store: Store, declared: ConfiguredWidget
) -> None:
    shown = publisher(store).show(declared, NOW)
    store.rebuild()
    later = publisher(store, Invented({"regular": 400})).show(declared, NOW + timedelta(days=3))
    assert later.to_json() == shown.to_json()


def test_what_says_no_figure_is_not_kept(store: Store, declared: ConfiguredWidget) -> None:
    early = publisher(store, Invented(house=first_day({"newcomer": 40})))
    assert early.show(declared, NOW).figures[0].value is None
    assert early.periods(declared) == []
    assert publisher(store).show(declared, NOW).figures[0].value is not None
    assert publisher(store).periods(declared) == ["2026-W47"]


def test_looking_shows_nothing_to_the_public(store: Store, declared: ConfiguredWidget) -> None:
    document, is_shown = publisher(store).look(declared, NOW)
    assert document.is_settled
    assert not is_shown
    assert store.version == 0


def test_a_larger_minimum_group_counts_at_once_and_not_from_next_week(
    store: Store, declared: ConfiguredWidget
) -> None:
    publisher(store).show(declared, NOW)
    widget = declared.widget.model_copy(update={"min_group": 500})
    strict = replace(declared, widget=widget)
    document = publisher(store).show(strict, NOW)
    assert document.figures[0].reason == "small_group"
    assert publisher(store).frozen(strict, "2026-W47") is not None
    # Nor does it come back, or another one, when the store learns of more people afterwards.
    more = publisher(store, Invented({"regular": 600}))
    assert more.show(strict, NOW).figures[0].reason == "small_group"
    assert more.look(strict, NOW)[0].figures[0].value is None


def test_links_follow_the_place_and_nothing_else_does(
    store: Store, declared: ConfiguredWidget
) -> None:
    here = publisher(store).show(declared, NOW)
    moved = replace(declared, base_url="https://elsewhere.example")
    there = publisher(store).show(moved, NOW)
    assert there.links.json_.startswith("https://elsewhere.example/w/")
    assert there.model_copy(update={"links": here.links}) == here


def test_the_name_of_the_period_can_be_told_from_the_document(
    store: Store, declared: ConfiguredWidget
) -> None:
    for days in range(0, 800, 5):
        now = NOW + timedelta(days=days)
        for cadence in ("weekly", "daily"):
            widget = declared.widget.model_copy(update={"cadence": cadence})
            one = replace(declared, widget=widget)
            document, _ = publisher(store).look(one, now)
            assert document.period_name == one.period_at(now).name
