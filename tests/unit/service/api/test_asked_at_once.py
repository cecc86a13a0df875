"""Many ask at once for what nobody has made yet: it is made once, and one thing after another."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Any

import httpx
import pytest
from support.invented_house import Invented
from support.invented_service import KEY, ApiClient, settings_of

from regulars.errors import OutOfMemory
from regulars.widgets import images

HOUSE = "/api/v1/publications/invented/reports/house"
REGULARS = "/api/v1/publications/invented/reports/regulars"
PAGE = "/p/invented"
MANY = 12


class Slow(Invented):
    """Takes its time, and knows how many asked it at once."""

    def __init__(self) -> None:
        super().__init__(wrote_back=9)
        self.at_work = self.most = 0
        self.failing = 0
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        with self._lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
        time.sleep(0.02)
        with self._lock:
            self.at_work -= 1
            self.failing -= 1
            if self.failing >= 0:
                raise OutOfMemory("The database ran out of memory.")
        return super().__call__(*arguments, **options)


@pytest.fixture
def slow() -> Slow:
    return Slow()


def at_once(client: ApiClient, paths: list[str]) -> list[httpx.Response]:
    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            return await asyncio.gather(*(http.get(path) for path in paths))

    return asyncio.run(ask_all())


@pytest.mark.parametrize("path", [HOUSE, f"{REGULARS}?as_of=2026-11-01", f"/w/{KEY}.json"])
def test_one_answer_is_computed_once(slow: Slow, path: str) -> None:
    answers = at_once(ApiClient(settings_of(), slow), [path] * MANY)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert len(slow.asked) == 1


def test_a_page_is_made_once(slow: Slow) -> None:
    answers = at_once(ApiClient(settings_of(), slow), [PAGE] * MANY)
    assert len({answer.content for answer in answers}) == 1
    assert Counter(slow.asked) == dict.fromkeys(
        ("house", "regulars", "movement", "variation", "waiting"), 1
    )


@pytest.mark.long
def test_different_reports_are_computed_one_after_another(slow: Slow) -> None:
    """The memory that the database may use is enough for one."""
    days = [f"{path}?as_of=2026-11-{day:02d}" for path in (HOUSE, REGULARS) for day in range(1, 7)]
    answers = at_once(ApiClient(settings_of(), slow), [*days, PAGE, f"/w/{KEY}.json"])
    assert {answer.status_code for answer in answers} == {200}
    assert slow.most == 1


def test_who_waited_for_what_failed_tries_again(slow: Slow) -> None:
    slow.failing = 2
    answers = at_once(ApiClient(settings_of(), slow), [HOUSE] * MANY)
    assert Counter(answer.status_code for answer in answers) == {200: MANY - 2, 503: 2}
    assert slow.asked == ["house"]


def test_a_picture_is_drawn_once_for_all_who_ask(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    rasterise = images.rasterise
    monkeypatch.setattr(images, "rasterise", lambda *a: drawn.append(a) or rasterise(*a))
    answers = at_once(ApiClient(settings_of(), slow), [f"/w/{KEY}/card.png"] * MANY)
    assert len({answer.content for answer in answers}) == 1
    assert len(drawn) == 1
