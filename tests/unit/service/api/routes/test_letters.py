"""Replies, conversations and the owner's word on letters, by API and by the forms of a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.letters_folder import NAME, LettersFolder, letter, letters_folder
from support.served_store import Served, served_store


def filled(root: Path) -> LettersFolder:
    """Three letters of readers, imported."""
    made = letters_folder(root)
    made.put(
        letter(1),
        letter(2, "finn@example.org", "Re: Tea in the rain", "Which tea?", day=9),
        letter(3, "bo@gmail.com", "Re: Tea in the rain", "Thank you!", day=10),
    )
    made.import_all()
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For all tests that change nothing."""
    with served_store(filled(tmp_path_factory.mktemp("served")).config) as made:
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """For one test, which may change it."""
    with served_store(filled(tmp_path).config) as made:
        yield made


def items(served: Served, path: str, **asked: Any) -> Any:
    answer = served.get(f"/api/v1/publications/{NAME}/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_replies_come_page_by_page_the_newest_first(served: Served) -> None:
    first = items(served, "replies", limit=2)
    assert [one["post_id"] for one in first["items"]] == ["p2", "p2"]
    second = items(served, "replies", limit=2, cursor=first["next"])
    assert [one["post_id"] for one in second["items"]] == ["p1"]
    assert second["next"] is None
    found = [one["id"] for one in first["items"] + second["items"]]
    assert len(set(found)) == 3
    assert len(items(served, "replies", post="p1")["items"]) == 1
    person = first["items"][0]["person_id"]
    assert len(items(served, "replies", person=person)["items"]) == 1


def test_conversations_come_oldest_first_by_state_kind_and_post(served: Served) -> None:
    faded = items(served, "conversations", state="faded", limit=2)
    assert [one["kind"] for one in faded["items"]] == ["question", "question"]
    rest = items(served, "conversations", state="faded", limit=2, cursor=faded["next"])
    assert [one["kind"] for one in rest["items"]] == ["thanks"]
    assert rest["next"] is None
    assert items(served, "conversations")["items"] == []
    asked = items(served, "conversations", state="faded", kind="question", post="p2")
    assert [one["title"] for one in asked["items"]] == ["Tea in the rain"]


@pytest.mark.parametrize("cursor", ["x", "1~", "~a", "9" * 30 + "~a"])
@pytest.mark.parametrize("path", ["replies", "conversations"])
def test_a_cursor_of_others_is_refused(served: Served, path: str, cursor: str) -> None:
    answer = served.get(f"/api/v1/publications/{NAME}/{path}", params={"cursor": cursor})
    assert answer.status_code == 422 or answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


def act(served: Served, **wish: Any) -> httpx.Response:
    return served.post(f"/api/v1/publications/{NAME}/conversations/acts", json=wish)


def test_a_word_on_letters_is_kept_once(own: Served) -> None:
    letters = [one["letter_id"] for one in items(own, "conversations", state="faded")["items"]]
    assert act(own, action="rest", letters=letters).json() == {"changed": 3}
    assert act(own, action="rest", letters=letters).json() == {"changed": 0}
    assert len(items(own, "conversations", state="resting")["items"]) == 3
    later = act(own, action="later", letters=letters[:1], until="2036-01-01T00:00:00Z")
    assert later.json() == {"changed": 1}
    assert len(items(own, "conversations", state="later")["items"]) == 1


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"action": "rest", "letters": []}, 422),
        ({"action": "rest", "letters": ["a"] * 201}, 422),
        ({"action": "rest", "letters": ["unknown"]}, 404),
        ({"action": "burn", "letters": ["a"]}, 422),
        ({"action": "later", "letters": ["a"], "until": "2036-01-01T00:00:00"}, 422),
        ({"action": "rest", "letters": ["a"], "until": "2036-01-01T00:00:00Z"}, 422),
    ],
)
def test_a_wrong_word_is_refused(served: Served, wish: dict[str, Any], status: int) -> None:
    answer = act(served, **wish)
    assert answer.status_code in (status, 400), answer.text
    assert answer.json()["detail"]


def test_the_forms_of_the_page_say_the_same(own: Served) -> None:
    (question, *_) = items(own, "conversations", state="faded")["items"]
    path = f"/p/{NAME}/letters/{question['letter_id']}"
    assert own.post(f"{path}/answered").status_code == 303
    assert len(items(own, "conversations", state="answered")["items"]) == 1
    assert own.post(f"{path}/burn").status_code == 404
    foreign = own.post(f"{path}/rest", headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    assert len(items(own, "conversations", state="answered")["items"]) == 1
