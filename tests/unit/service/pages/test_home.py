"""The page: the sentence, the picture and its table, freshness, and what strangers may write."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from support.invented_house import (
    FULL,
    NOW,
    enclose,
    first_day,
    house_result,
    never_synced,
    no_issue_yet,
    nobody,
    nobody_moved,
    people,
    person,
    source,
)

from regulars.pages.front import front_of
from regulars.pages.home import build_view, render_home
from regulars.pages.queries import MOST_LISTED, states_to_ask
from regulars.reports.engine.envelope import Source
from regulars.reports.house import House
from regulars.reports.judged_posts import Variation
from regulars.reports.movement import Movement
from regulars.reports.regulars import Person, Regulars
from regulars.settings import PublicationSettings
from regulars.stats.estimate import Estimate

PUBLICATION = PublicationSettings(
    name="invented", title="Invented Letters", time_zone="Europe/Lisbon"
)


def page(
    house: House | None = None,
    listed: list[Person] | None = None,
    sources: list[Source] | None = None,
    publication: PublicationSettings = PUBLICATION,
) -> str:
    return render_home(publication, *envelopes(house, listed, sources))


def envelopes(
    house: House | None = None,
    listed: list[Person] | None = None,
    sources: list[Source] | None = None,
    movement: Movement | None = None,
    variation: Variation | None = None,
) -> tuple[Any, ...]:
    house = house or house_result(FULL, 21)
    listed = people(FULL, 21) if listed is None else listed
    return (
        enclose("house", house, sources),
        enclose("regulars", Regulars(people=listed, counts={}), sources),
        enclose("movement", movement or nobody_moved(), sources),
        enclose("variation", variation or no_issue_yet(), sources),
    )


def view_of(house: House | None = None, listed: list[Person] | None = None, **more: Any) -> Any:
    return build_view(PUBLICATION, *envelopes(house, listed, **more))


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(
    ("value", "low", "high", "sentence"),
    [
        (208, 208, 208, "208 people keep coming back."),
        (208, 208, 221, "About 208 people (208 to 221) keep coming back."),
        (208, 195, 221, "About 208 people (195 to 221) keep coming back."),
        (1, 1, 1, "One person keeps coming back."),
        (0, 0, 0, "Nobody keeps coming back yet."),
        (12_400, 12_400, 12_400, "12,400 people keep coming back."),
    ],
)
def test_the_sentence_can_be_said_aloud(value: int, low: int, high: int, sentence: str) -> None:
    figure = Estimate(value=value, low=low, high=high, n=20_000, method="k_of_n/1")
    assert view_of(house_result(FULL, sustained_readers=figure)).headline == sentence


def test_the_line_below_says_how_sure_it_is() -> None:
    figure = Estimate(value=208, low=195, high=221, n=300, method="sustained_readers/1")
    [line] = view_of(house_result(FULL, sustained_readers=figure)).detail
    assert line == (
        "They are expected to read at least four of the next eight issues. "
        "The house you want holds 300."
    )


def test_of_few_people_it_says_how_many_and_who_first() -> None:
    figure = Estimate(value=4, low=3, high=6, n=9, method="sustained_readers/1")
    house = house_result({"regular": 3, "fading": 2, "occasional": 4}, sustained_readers=figure)
    view = view_of(house, people({"regular": 3, "fading": 2, "occasional": 4}))
    assert view.headline == "3 of 9 are likely to keep coming back."
    assert view.keepers is not None
    assert len(view.keepers.split(", ")) == 3
    [line] = view.detail
    assert line.startswith("Added up, the chances of all make about 4 people (3 to 6).")


def test_many_people_are_not_named_in_the_headline() -> None:
    assert view_of(house_result(FULL)).keepers is None


def test_on_the_first_day_it_says_when_the_first_figure_can_be_expected() -> None:
    html = page(first_day({"newcomer": 40}), people({"newcomer": 40}))
    words = text_of(html)
    assert "Too early to say who keeps coming back." in words
    assert "1 issue has been seen, 8 are needed." in words
    assert "Expect the first figure around 13 January 2027." in words
    assert "A good day for the next look: Wednesday, 13 January 2027." in words
    assert "0 keep coming back" not in words


def test_before_the_first_sync_it_says_what_to_do() -> None:
    nothing = house_result(nobody(), sustained_readers=None, reason="no_posts", words="None yet.")
    html = page(nothing, [], [never_synced()])
    assert "<code>regulars sync</code>" in html
    assert "Nothing has come in yet." in html
    assert '<svg class="theatre"' not in html


def test_without_any_source_it_names_the_shortest_way_in() -> None:
    nothing = house_result(nobody(), sustained_readers=None, reason="no_posts", words="None yet.")
    assert "<code>regulars import files FOLDER</code>" in page(nothing, [], [])


def test_picture_key_and_table_tell_the_same_numbers() -> None:
    view = view_of()
    entries = (*view.seats, *view.front, *view.doors)
    key = {entry.mark: re.search("<b>(.*)</b>", entry.text)[1] for entry in entries}
    table = {row.who: row.people for row in view.table}
    assert key["lit"] == table["Likely to keep coming back"] == "208"
    assert key["small"] == table["Here now and then"]
    assert key["maybe"] == table["Perhaps a machine"] == "11"
    assert key["quiet"] == table["Gone quiet"]
    assert key["standing"] == table["Added up from small chances"]
    assert key["front"] == table["Wrote back"] == "21"
    assert key["dot"] == table["Newcomers"] == "26"
    assert view.headline.startswith(f"About {table['All light together']} people ")


def test_every_seat_is_drawn_once_and_small_chances_without_a_chair_stand() -> None:
    """Four likely, two with a smaller disc, an empty chair; 0.06 and 0.07 have no chair of old."""
    chances = {
        "regular": (0.9, 0.8, 0.7, 0.6),
        "fading": (0.4,),
        "quiet": (0.05,),
        "occasional": (0.3, 0.06, 0.07),
    }
    listed = [
        person(10 * place + number, state, p_sustained=chance)
        for place, (state, of_state) in enumerate(chances.items())
        for number, chance in enumerate(of_state)
    ]
    # 3.70 of discs; 4 is the headline, so 0.30 stands.
    figure = Estimate(value=4, low=3, high=5, n=9, method="sustained_readers/1")
    view = view_of(house_result(FULL, sustained_readers=figure), listed)
    drawing = str(view.theatre)
    assert drawing.count("<use ") == 4 + 1 + 1 + 1 + 1
    marks = {entry.mark: re.search("<b>(.*)</b>", entry.text)[1] for entry in view.seats}
    assert marks == {"lit": "4", "small": "2", "quiet": "1", "standing": "1"}


def test_no_number_on_the_page_says_how_likely_somebody_is() -> None:
    listed = [person(number, "regular", p_sustained=0.83) for number in range(3)]
    assert not re.search(r"0?[.,]83|83 ?%|p83", page(house_result(FULL), listed))


def test_row_one_holds_everybody_who_wrote_back_whatever_their_state() -> None:
    listed = [person(1, "regular"), person(2, "occasional", wrote_back=True)]
    view = view_of(house_result(FULL, 1, sustained_readers=None), listed)
    assert [one.name for one in view.row_one.people] == ["sub_000002"]
    assert str(view.theatre).count("<use ") == 2


def test_row_one_shows_the_newest_letters_and_counts_the_rest() -> None:
    view = view_of(house_result(FULL, 33), people(FULL, 33))
    assert len(view.row_one.people) == 24
    assert view.row_one.more == "And 9 more people."
    stamps = [one.last.exact for one in view.row_one.people]
    assert stamps == sorted(stamps, reverse=True)


def test_where_no_letters_are_seen_row_one_holds_those_who_answered() -> None:
    listed = [
        person(1, "regular", last_answer_at=NOW - timedelta(days=20)),
        person(2, "regular", last_answer_at=NOW - timedelta(days=300)),
        person(3, "newcomer", last_answer_at=NOW - timedelta(days=4)),
        person(4, "regular"),
    ]
    view = view_of(house_result(FULL, answered=2), listed)
    assert view.row_one.heading == "Row one: 2 people answered."
    assert [one.name for one in view.row_one.people] == ["sub_000003", "sub_000001"]
    assert [entry.text for entry in view.front] == [
        "<b>2</b> people answered, in row one",
        "<b>1</b> in row one is no regular now",
    ]
    assert {row.who: row.people for row in view.table}["Answered"] == "2"


def test_of_a_very_large_list_only_people_with_a_seat_are_asked_for() -> None:
    assert "newcomer" in states_to_ask(house_result(FULL))
    large = house_result(FULL, active_people=MOST_LISTED + 1)
    assert "newcomer" not in states_to_ask(large)


def test_a_person_keeps_the_seat_when_reading_stops() -> None:
    before = [person(number, "regular") for number in range(60)]
    after = [person(number, "quiet" if number == 7 else "regular") for number in range(60)]
    places = [
        re.findall(
            r'transform="(translate[^"]+rotate[^"]+)"',
            str(view_of(house_result(FULL, sustained_readers=None), listed).theatre),
        )
        for listed in (before, after)
    ]
    assert places[0] == places[1]


def test_titles_and_ids_of_strangers_stay_text() -> None:
    evil = "<script>alert(1)</script>\"'&"
    listed = [person(1, "regular", wrote_back=True, provider_id=evil)]
    sources = [source(connection=evil, last_outcome="failed", reason=evil)]
    publication = PUBLICATION.model_copy(update={"title": evil})
    html = page(house_result(FULL, 1), listed, sources, publication)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


class Checked(HTMLParser):
    """Collects what a strict policy would refuse, and every address."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "style" or name.startswith("on") or tag in ("script", "style", "iframe"):
                self.refused.append(f"{tag} {name}")
            if name in ("href", "src") and value:
                self.addresses.append(value)


def test_the_page_needs_no_script_no_inline_style_and_no_other_host() -> None:
    checked = Checked()
    checked.feed(page())
    assert checked.refused == []
    assert all(address.startswith(("/", "#")) for address in checked.addresses)
    assert not any(address.startswith("//") for address in checked.addresses)


def test_every_address_on_the_page_leads_somewhere() -> None:
    html = page()
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    for fragment in re.findall(r'href="#([^"]+)"', html):
        assert fragment in ids
    assert len(ids) == len(re.findall(r'\bid="', html))


def test_instants_are_exact_in_the_time_element_and_local_in_words() -> None:
    html = page(sources=[source(last_complete_sync=NOW.replace(month=7, hour=23, minute=30))])
    assert '<time datetime="2026-07-25T23:30:00Z">26 July 2026, 00:30</time>' in html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_stale": True}, "Something is older than a week"),
        (
            {"last_outcome": "partial", "reason": "the key lacks a right."},
            "The newest sync of a source is incomplete.",
        ),
        ({}, "Every source is complete and up to date."),
    ],
)
def test_freshness_is_told_in_words(changes: dict[str, Any], words: str) -> None:
    assert words in text_of(page(sources=[source(**changes)]))


def test_what_a_source_could_not_give_is_named() -> None:
    stream = (
        source()
        .streams[0]
        .model_copy(update={"alarm": "counters_all_zero", "held_removals": 120, "quarantined": 1})
    )
    html = text_of(page(sources=[source(streams=[stream])]))
    assert "It gave zero for every total, so its totals are not measured." in html
    assert "120 people are missing there" in html
    assert "1 row could not be read" in html


def test_a_failed_sync_says_why() -> None:
    html = text_of(page(sources=[source(last_outcome="failed", reason="The key was refused.")]))
    assert "The newest sync failed: The key was refused." in html


def test_words_to_avoid_are_not_on_the_page() -> None:
    words = text_of(page()).lower()
    for word in ("churn", "retention", "leads", "inactive", "lost", "growth", "!", "n/a", "streak"):
        assert word not in words, word


def test_the_next_look_is_a_week_away() -> None:
    view = view_of()
    assert view.next_look == "Wednesday, 2 December"
    assert view_of(first_day({"newcomer": 3}), []).next_look == "Wednesday, 13 January 2027"


def test_a_next_look_after_new_year_carries_its_year() -> None:
    house = house_result(FULL)
    later = enclose("house", house, as_of=NOW + timedelta(days=32))
    view = build_view(PUBLICATION, later, *envelopes()[1:])
    assert view.today == "Sunday, 27 December 2026."
    assert view.next_look == "Sunday, 3 January 2027"


def test_the_expected_day_is_not_said_twice_when_it_is_near() -> None:
    near = first_day({"newcomer": 3}).model_copy(update={"expected_on": date(2026, 11, 27)})
    assert view_of(near, []).next_look == "Wednesday, 2 December"


def test_a_large_house_stays_light_on_the_wire() -> None:
    counts = FULL | {"regular": 9_000, "quiet": 2_000, "newcomer": 1_000}
    assert len(page(house_result(counts, 24), people(counts, 24))) < 90_000


def test_row_one_is_the_same_whatever_the_order_of_the_list() -> None:
    listed = people(FULL, 40)
    house = house_result(FULL, 40)
    assert front_of(house, listed, NOW) == front_of(house, listed[::-1], NOW)


def test_row_one_goes_by_name_where_one_is_known() -> None:
    reports = envelopes(None, None)
    ids = [person.id for person in reports[1].result.people if person.wrote_back]
    named = render_home(PUBLICATION, *reports, names=lambda _ids: {ids[0]: "A. <Reader>"})
    assert "A. &lt;Reader&gt;" in named
    assert "A. &lt;Reader&gt;" not in render_home(PUBLICATION, *reports)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("evil\u202egnp.exe", "evil\ufffdgnp.exe"),
        ("\x1b[31mred\x00", "\ufffd[31mred\ufffd"),
        ("Anna\n\n Lee\u2028", "Anna Lee"),
        ("👩\u200d🚀 Zoë", "👩\u200d🚀 Zoë"),
        ("a" * 5_000, "a" * 200 + "…"),
    ],
)
def test_a_name_cannot_hide_or_turn_anything_around(given: str, shown: str) -> None:
    reports = envelopes(None, None)
    ids = [person.id for person in reports[1].result.people if person.wrote_back]
    named = render_home(PUBLICATION, *reports, names=lambda _ids: {ids[0]: given})
    assert f'<span class="id">{shown}</span>' in named


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 0, "Read none of the last eight issues."),
        (3, 3, "Read three of the last eight issues."),
        (8, 8, "Read all of the last eight issues."),
        (3, 5, "Read three to five of the last eight issues."),
        (0, 4, "Read at most four of the last eight issues."),
        (6, 8, "Read six to eight of the last eight issues."),
    ],
)
def test_reads_of_row_one_are_said_with_what_is_not_known(low: int, high: int, words: str) -> None:
    one = person(1, "occasional", wrote_back=True)
    evidence = one.evidence.model_copy(update={"reads_low": low, "reads_high": high})
    listed = [one.model_copy(update={"evidence": evidence})]
    assert words in text_of(page(house_result(FULL, 1), listed))
