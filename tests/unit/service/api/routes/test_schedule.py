"""The schedule over HTTP, on the page, and what starts a sync."""

from __future__ import annotations

import msgspec
import pytest
from support.invented_house import Invented
from support.invented_service import ApiClient, FakeSchedule, settings_of


@pytest.fixture
def schedule() -> FakeSchedule:
    return FakeSchedule()


@pytest.fixture
def client(schedule: FakeSchedule) -> ApiClient:
    return ApiClient(settings_of(), Invented(wrote_back=9), schedule=schedule)


def test_the_schedule_is_shown(client: ApiClient, schedule: FakeSchedule) -> None:
    answer = client.get("/api/v1/schedule")
    assert answer.status_code == 200
    assert answer.json() == {"items": [msgspec.to_builtins(schedule.view)]}
    assert client.get("/api/v1/schedule?limit=1").status_code == 422


def test_a_service_without_a_schedule_shows_none() -> None:
    client = ApiClient(settings_of(), Invented())
    assert client.get("/api/v1/schedule").json() == {"items": []}
    assert "<form" not in client.get("/").text


def test_what_is_due_is_started_and_may_be_nothing(
    client: ApiClient, schedule: FakeSchedule
) -> None:
    answer = client.ask("POST", "/api/v1/sync-runs", json={"due": True})
    assert (answer.status_code, answer.json()) == (202, {"items": []})
    schedule.view = msgspec.structs.replace(schedule.view, is_due=True)
    answer = client.ask("POST", "/api/v1/sync-runs", json={"due": True})
    assert [run["id"] for run in answer.json()["items"]] == ["run_1"]
    assert client.runs.started == []


@pytest.mark.parametrize("more", [{"connection": "files-1"}, {"full": True}])
def test_due_stands_alone(
    client: ApiClient, schedule: FakeSchedule, more: dict[str, object]
) -> None:
    answer = client.ask("POST", "/api/v1/sync-runs", json={"due": True} | more)
    assert answer.status_code == 422
    assert "`due` stands alone" in answer.json()["detail"]
    assert schedule.started == []


def test_the_page_says_when_the_next_sync_comes(client: ApiClient, schedule: FakeSchedule) -> None:
    page = client.get("/").text
    assert "Next sync: <time" in page
    assert "26 November 2026, 07:00" in page
    schedule.view = msgspec.structs.replace(schedule.view, is_due=True)
    assert "The next sync is due now." in client.get("/").text
    schedule.view = msgspec.structs.replace(schedule.view, next_at=None, why="off", is_due=False)
    assert "It syncs only when asked." in client.get("/").text


def test_the_page_says_what_went_wrong_last(client: ApiClient, schedule: FakeSchedule) -> None:
    """Also where only the process knows it, as of a key that the settings lack."""
    schedule.view = msgspec.structs.replace(
        schedule.view,
        failures=3,
        failing_since="2026-11-24T09:30:00Z",
        last_outcome="failed",
        last_reason="The variable LETTERS_KEY is not set.",
    )
    page = client.get("/").text
    assert "It has failed 3 times since 24 November 2026, 09:30." in page
    assert "The newest sync failed: The variable LETTERS_KEY is not set." in page


def test_the_button_starts_a_sync(client: ApiClient, schedule: FakeSchedule) -> None:
    page = client.get("/")
    assert '<form method="post" action="/p/invented/sync">' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"
    # As a browser sends a form without fields.
    answer = client.ask(
        "POST",
        "/p/invented/sync",
        headers={
            "Origin": "http://127.0.0.1:8765",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/p/invented#fresh")
    assert schedule.started == ["invented"]
    page = client.get("/")
    assert "A sync is running now." in page.text
    assert "<form" not in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_a_foreign_page_starts_nothing(
    client: ApiClient, schedule: FakeSchedule, headers: dict[str, str]
) -> None:
    answer = client.ask("POST", "/p/invented/sync", headers=headers)
    assert answer.status_code in (403, 421)
    assert schedule.started == []


def test_a_form_with_fields_is_refused(client: ApiClient, schedule: FakeSchedule) -> None:
    answer = client.ask("POST", "/p/invented/sync", data={"full": "yes"})
    assert answer.status_code == 415
    assert client.get("/p/invented/sync").status_code == 405
    assert client.ask("POST", "/p/nobody/sync").status_code == 404
    assert schedule.started == []


def test_a_paused_publication_has_no_button() -> None:
    settings = settings_of(publication={"paused": True})
    schedule = FakeSchedule()
    client = ApiClient(settings, Invented(), schedule=schedule)
    assert "<form" not in client.get("/p/invented").text
    assert client.ask("POST", "/p/invented/sync").status_code == 422
    assert schedule.started == []


def test_readiness_knows_a_schedule_that_stands_still(client: ApiClient) -> None:
    assert client.get("/readyz").status_code == 200
    client.faults = ["the schedule stands still"]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "the schedule stands still" in answer.json()["detail"]
    assert client.get("/healthz").status_code == 200
