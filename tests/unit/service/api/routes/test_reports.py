"""Publications and reports over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from support.invented_house import Invented

from regulars.api import report_service
from regulars.api.memory_cache import ResponseCache
from regulars.api.openapi_examples import CATALOGUE, ENVELOPES, PUBLICATION, PUBLICATIONS
from regulars.api.routes.reports import Catalogue, PublicationDetail, PublicationList
from regulars.reports import REPORTS

HOUSE = "/api/v1/publications/invented/reports/house"
REGULARS = "/api/v1/publications/invented/reports/regulars"
Make = Callable[..., Any]


def test_publications_are_listed(client: Any) -> None:
    [item] = client.get("/api/v1/publications").json()["items"]
    assert item == {
        "name": "invented",
        "title": "Invented Letters",
        "time_zone": "Europe/Lisbon",
        "paused": False,
        "house_size": 300,
    }


def test_a_report_is_answered_in_its_envelope(client: Any) -> None:
    answer = client.get(HOUSE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["report"] == "house"
    assert body["window"]["to"] == body["as_of"] == "2026-11-25T09:00:00Z"
    assert body["result"]["sustained_readers"] == {
        "value": 208,
        "low": 208,
        "high": 221,
        "n": 347,
        "method": "sustained_readers/1",
    }


def test_it_is_never_kept_by_anybody_on_the_way(client: Any) -> None:
    assert client.get(REGULARS).headers["cache-control"] == "private, no-store"


def test_the_same_answer_has_the_same_tag_and_is_not_sent_twice(client: Any) -> None:
    first = client.get(HOUSE)
    again = client.get(HOUSE, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert client.invented.asked == ["house"]


def test_the_date_of_today_means_now_and_is_answered_once(client: Any) -> None:
    now = client.get(HOUSE)
    today = client.get(f"{HOUSE}?as_of=2026-11-25")
    assert today.headers["etag"] == now.headers["etag"]
    assert client.invented.asked == ["house"]


def test_a_new_entry_in_the_store_makes_a_new_answer(client: Any) -> None:
    old = client.get(HOUSE)
    client.store.version += 1
    client.invented.counts = {"regular": 209}
    fresh = client.get(HOUSE, headers={"If-None-Match": old.headers["etag"]})
    assert fresh.status_code == 200
    assert fresh.json()["result"]["sustained_readers"]["value"] == 209


def test_an_answer_asked_for_now_is_kept_to_the_end_of_the_hour(client: Any) -> None:
    client.get(HOUSE)
    client.now += timedelta(minutes=59)
    client.get(HOUSE)
    assert len(client.invented.asked) == 1
    client.now += timedelta(minutes=1)
    client.get(HOUSE)
    assert len(client.invented.asked) == 2


@pytest.mark.long
def test_publication_parameters_and_instant_part_the_answers(make_client: Make) -> None:
    client = make_client(more=[{"name": "second"}])
    for path in (
        f"{REGULARS}?state=regular",
        f"{REGULARS}?state=quiet",
        f"{REGULARS}?as_of=2026-11-20",
        f"{REGULARS}?as_of=2026-11-21",
        REGULARS,
        REGULARS.replace("invented", "second"),
    ):
        assert client.get(path).status_code == 200
    assert len(client.invented.asked) == 6


@pytest.mark.parametrize(
    "path",
    [
        f"{HOUSE.removesuffix('house')}answers?post=a&post=b",
        f"{REGULARS}?state=quiet&as_of=2026-11-20&as_of=2026-11-20",
        "/api/v1/sync-runs?limit=2&limit=1",
    ],
)
def test_what_is_no_list_is_not_taken_twice(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert "Repeated parameter" in answer.json()["detail"]


def test_states_come_one_by_one_or_with_commas(client: Any) -> None:
    commas = client.get(f"{REGULARS}?state=regular,quiet").json()["result"]["people"]
    single = client.get(f"{REGULARS}?state=regular&state=quiet").json()["result"]["people"]
    assert commas == single
    assert {person["state"] for person in commas} == {"regular", "quiet"}


def test_a_date_means_the_end_of_that_day_in_the_zone(make_client: Make) -> None:
    client = make_client(publication={"time_zone": "Pacific/Auckland"})
    answer = client.get(f"{HOUSE}?as_of=2026-11-20")
    assert answer.json()["as_of"] == "2026-11-20T11:00:00Z"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("as_of=yesterday", "neither a date nor a time"),
        ("as_of=2027-01-01", "future"),
        ("as_of=9999-12-31", "future"),
        ("as_of=1960-01-01", "1970"),
        ("limit=3", "/query/limit"),
        ("as_of=2026-11-20&AS_OF=x", "/query/AS_OF"),
        ("as_of=2026-11-20&as_of=2026-11-21", "as_of"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(client: Any, query: str, word: str) -> None:
    answer = client.get(f"{HOUSE}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in answer.json()["detail"]


def test_a_wrong_value_is_named_by_a_pointer(client: Any) -> None:
    [fault] = client.get(f"{REGULARS}?state=asleep").json()["errors"]
    assert fault["pointer"].startswith("/query/state")
    assert "asleep" not in fault["pointer"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/publications/other",
        "/api/v1/publications/other/reports",
        "/api/v1/publications/other/reports/house",
        "/api/v1/publications/other/reports/nonsense",
        "/api/v1/publications/invented/reports/nonsense",
        "/api/v1/nonsense",
    ],
)
def test_what_does_not_exist_is_a_problem_of_404(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_unknown_report_names_those_that_exist(client: Any) -> None:
    answer = client.get("/api/v1/publications/invented/reports/nonsense")
    assert "house, regulars" in answer.json()["to_do"]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_examples_are_what_the_models_allow(report: Any) -> None:
    report.envelope.model_validate(ENVELOPES[report.name])


def test_the_other_examples_are_too() -> None:
    PublicationDetail.model_validate(PUBLICATION)
    PublicationList.model_validate(PUBLICATIONS)
    Catalogue.model_validate(CATALOGUE)


def test_reports_in_memory_are_bounded(make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    small = partial(ResponseCache, max_bytes=16 * 1024)
    monkeypatch.setattr(report_service, "ResponseCache", small)
    client = make_client(Invented({"regular": 3}))
    for day in range(1, 10):
        client.get(f"{HOUSE}?as_of=2026-01-{day:02d}")
    asked = len(client.invented.asked)
    client.get(f"{HOUSE}?as_of=2026-01-09")
    assert len(client.invented.asked) == asked
    client.get(f"{HOUSE}?as_of=2026-01-01")
    assert len(client.invented.asked) == asked + 1
