"""What gets in, and what every answer carries."""

from __future__ import annotations

import logging
from typing import Any

import pytest

RUNS = "/api/v1/sync-runs"
HERE = "http://127.0.0.1:8765"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8765", "127.0.0.1"]
)
def test_names_of_this_machine_are_answered(desk: Any, host: str) -> None:
    assert desk.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8765",
        "evil.example:127.0.0.1",
        "192.168.1.5:8765",
        "0.0.0.0",
        "[::]",
        "2130706433",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/w/x.json", "/api/v1/publications"])
def test_other_names_are_refused_everywhere(desk: Any, host: str, path: str) -> None:
    answer = desk.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["code"] == "host_refused"
    assert desk.invented.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8765"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_unsafe_requests_of_foreign_pages_are_refused(desk: Any, headers: dict[str, str]) -> None:
    answer = desk.ask("POST", RUNS, json={}, headers=headers)
    assert answer.status_code == 403
    assert desk.runs.started == []


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": HERE}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}]
)
def test_programs_and_own_pages_may_start_a_sync(desk: Any, headers: dict[str, str]) -> None:
    assert desk.ask("POST", RUNS, json={}, headers=headers).status_code == 202


def test_no_page_elsewhere_may_read_the_api(desk: Any) -> None:
    answer = desk.get("/api/v1/publications", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_large_body_is_refused_by_its_length(desk: Any) -> None:
    body = b"{" + b" " * (1024 * 1024) + b"}"
    headers = {"Content-Type": "application/json"}
    answer = desk.ask("POST", RUNS, content=body, headers=headers)
    assert answer.status_code == 413


def test_a_large_body_is_refused_even_without_a_length(desk: Any) -> None:
    async def drip() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    answer = desk.ask("POST", RUNS, content=drip(), headers=headers)
    assert answer.status_code == 413
    assert desk.runs.started == []


@pytest.mark.parametrize("length", ["-1", "abc", "²", "1e3"])
def test_a_length_that_is_no_number_is_refused(desk: Any, length: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": length.encode("latin-1")}
    answer = desk.ask("POST", RUNS, content=b"{}", headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_is_not_json_is_refused(desk: Any, kind: str) -> None:
    answer = desk.ask("POST", RUNS, content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'{"connection": 3}', b'{"x": 1}'])
def test_a_body_that_cannot_be_read_is_a_problem(desk: Any, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = desk.ask("POST", RUNS, content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert desk.runs.started == []


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/*"])
def test_an_answer_in_a_form_we_do_not_have_is_refused(desk: Any, accept: str) -> None:
    answer = desk.get("/api/v1/publications", headers={"Accept": accept})
    assert answer.status_code == 406


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1", ""])
def test_any_accept_that_lets_json_through_is_served(desk: Any, accept: str) -> None:
    answer = desk.get("/api/v1/publications", headers={"Accept": accept})
    assert answer.status_code == 200


def test_a_method_that_a_path_does_not_know(desk: Any) -> None:
    answer = desk.ask("DELETE", RUNS)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/api/v1/publications", "/nowhere", "/static/regulars.css"])
def test_every_answer_carries_the_strict_headers(desk: Any, path: str) -> None:
    headers = desk.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "set-cookie" not in headers


def test_an_unforeseen_error_says_nothing_of_the_inside(
    desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.store.broken = True
    with caplog.at_level(logging.ERROR):
        answer = desk.get("/api/v1/publications/invented/reports/house")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert "duckdb" not in answer.text
    assert answer.json()["instance"] in caplog.text
    assert answer.headers["x-request-id"] == answer.json()["instance"]


def test_problems_point_to_a_page_that_explains_them(desk: Any) -> None:
    problem = desk.get("/api/v1/publications/other").json()
    assert problem["title"] == "Not Found"
    assert problem["safe"]
    assert problem["exit_code"] == 2
    page = desk.get(problem["type"])
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_a_person_with_a_browser_gets_a_page_and_not_json(desk: Any) -> None:
    answer = desk.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>There is nothing at this address.</h1>" in answer.text
