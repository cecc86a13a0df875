"""The list of publications: order, words, nothing that alarms without a cause."""

from __future__ import annotations

import re

from support.invented_forty import LOOK, NEVER, PAUSED, forty_desk
from support.invented_house import Invented
from support.invented_service import ApiClient, settings_of


def sections_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section aria-labelledby="(\w+)">(.*?)</section>', page, re.DOTALL))


def numbers_of(section: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/p/letters-(\d+)"', section)]


def test_what_needs_attention_comes_first_and_paused_ones_last() -> None:
    page = forty_desk().get("/").text
    sections = sections_of(page)
    assert list(sections) == ["attention", "current", "paused"]
    assert numbers_of(sections["attention"]) == sorted((*LOOK, NEVER))
    assert numbers_of(sections["paused"]) == list(PAUSED)
    rest = [number for number in range(1, 41) if number not in (*LOOK, *PAUSED, NEVER)]
    assert numbers_of(sections["current"]) == rest
    assert "40 newsletters. 5 need attention. 2 are paused." in page


def test_trouble_is_said_in_words() -> None:
    attention = sections_of(forty_desk().get("/").text)["attention"]
    assert "The newest sync failed: The provider refused the key (401)." in attention
    assert "No complete sync for more than a week." in attention
    assert "240 people are missing there and stay until you accept the removal." in attention
    assert "It gave zero for every total" in attention


def test_a_paused_publication_has_its_sentence_and_date_and_no_alarm() -> None:
    paused = sections_of(forty_desk().get("/").text)["paused"]
    assert "keep coming back." in paused
    assert paused.count("Last complete sync:") == len(PAUSED)
    assert "week" not in paused


def test_one_that_was_never_read_says_what_to_type() -> None:
    attention = sections_of(forty_desk().get("/").text)["attention"]
    place = attention.index(f'href="/p/letters-{NEVER}"')
    assert "<code>regulars sync</code>" in attention[place : attention.index("</li>", place)]


def test_where_all_is_current_there_is_one_list_and_nothing_to_do() -> None:
    more = [{"name": "second", "title": "Second Letters"}]
    page = ApiClient(settings_of(more=more), Invented()).get("/").text
    assert list(sections_of(page)) == ["current"]
    assert "2 newsletters. Nothing needs attention." in page
    assert 'class="unseen"' in page


def test_the_list_is_made_once_for_each_state_of_the_store() -> None:
    client = forty_desk()
    client.get("/")
    client.get("/")
    assert client.invented.asked == ["house"] * 40
    client.store.version += 1
    client.get("/")
    assert len(client.invented.asked) == 80


def test_the_page_of_a_paused_publication_says_so() -> None:
    page = forty_desk().get(f"/p/letters-{PAUSED[0]}").text
    assert "It is paused: syncs begin again when you resume it." in page
