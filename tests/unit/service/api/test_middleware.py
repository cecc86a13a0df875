"""What gets in, and what every answer carries."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from support.invented_house import Invented
from support.invented_service import ApiClient, settings_of

RUNS = "/api/v1/sync-runs"
HERE = "http://127.0.0.1:8765"


@pytest.fixture(scope="module")
def application() -> ApiClient:
    return ApiClient(settings_of(), Invented(wrote_back=9))


@pytest.fixture
def client(application: ApiClient) -> ApiClient:
    """The one application, of which nothing was asked yet, and whose store has moved on."""
    application.invented.asked.clear()
    application.runs.started.clear()
    application.store.version += 1
    return application


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8765", "127.0.0.1"]
)
def test_names_of_this_machine_are_answered(client: Any, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


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
def test_other_names_are_refused_everywhere(client: Any, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["code"] == "host_refused"
    assert client.invented.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "[::1",
        "::1",
        "::1]",
        "[::1]x",
        "[::1]:",
        "[::1]:80:80",
        "[::1]:http",
        "[[::1]]",
        "[localhost]",
        "[::1%25lo]",
        "[::1].evil.example",
        "[::1]@evil.example",
        "127.0.0.1:",
        "127.0.0.1:http",
        "127.0.0.1:8765@evil.example",
        "localhost:123456",
        "localhost:80:80",
    ],
)
@pytest.mark.parametrize("path", ["/", "/w/x.json", "/api/v1/publications"])
def test_an_odd_form_of_the_host_is_refused(client: Any, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")
    assert client.invented.asked == []


@pytest.mark.parametrize("second", ["127.0.0.1:8765", "localhost", "evil.example", ""])
def test_two_host_headers_are_refused(client: Any, second: str) -> None:
    headers = [("Host", "127.0.0.1:8765"), ("Host", second)]
    answer = client.get("/api/v1/publications", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")


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
def test_unsafe_requests_of_foreign_pages_are_refused(client: Any, headers: dict[str, str]) -> None:
    answer = client.ask("POST", RUNS, json={}, headers=headers)
    assert answer.status_code == 403
    assert client.runs.started == []


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": HERE}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}]
)
def test_programs_and_own_pages_may_start_a_sync(client: Any, headers: dict[str, str]) -> None:
    assert client.ask("POST", RUNS, json={}, headers=headers).status_code == 202


def test_no_page_elsewhere_may_read_the_api(client: Any) -> None:
    answer = client.get("/api/v1/publications", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_large_body_is_refused_by_its_length(client: Any) -> None:
    body = b"{" + b" " * (1024 * 1024) + b"}"
    headers = {"Content-Type": "application/json"}
    answer = client.ask("POST", RUNS, content=body, headers=headers)
    assert answer.status_code == 413


def test_a_large_body_is_refused_even_without_a_length(client: Any) -> None:
    async def drip() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    answer = client.ask("POST", RUNS, content=drip(), headers=headers)
    assert answer.status_code == 413
    assert client.runs.started == []


@pytest.mark.parametrize("length", ["-1", "abc", "²", "1e3"])
def test_a_length_that_is_no_number_is_refused(client: Any, length: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": length.encode("latin-1")}
    answer = client.ask("POST", RUNS, content=b"{}", headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_is_not_json_is_refused(client: Any, kind: str) -> None:
    answer = client.ask("POST", RUNS, content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'{"connection": 3}', b'{"x": 1}'])
def test_a_body_that_cannot_be_read_is_a_problem(client: Any, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.ask("POST", RUNS, content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.runs.started == []


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/*"])
def test_an_answer_in_a_form_we_do_not_have_is_refused(client: Any, accept: str) -> None:
    answer = client.get("/api/v1/publications", headers={"Accept": accept})
    assert answer.status_code == 406


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1", ""])
def test_any_accept_that_lets_json_through_is_served(client: Any, accept: str) -> None:
    answer = client.get("/api/v1/publications", headers={"Accept": accept})
    assert answer.status_code == 200


def test_a_method_that_a_path_does_not_know(client: Any) -> None:
    answer = client.ask("DELETE", RUNS)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET, POST, HEAD"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/oembed", "GET, HEAD"),
        ("/w/wgt_q83vEjRWeJCrze8SNFZ4kA", "GET, HEAD"),
        ("/w/wgt_q83vEjRWeJCrze8SNFZ4kA.json", "GET, OPTIONS, HEAD"),
        ("/api/v1/sync-runs/run_1", "GET, HEAD"),
        ("/api/v1/publications/invented/reports/house", "GET, HEAD"),
    ],
)
def test_allow_names_all_methods_of_a_path(client: Any, path: str, allowed: str) -> None:
    answer = client.ask("DELETE", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/", "/api/v1/publications", "/nowhere", "/static/regulars.css"])
def test_every_answer_carries_the_strict_headers(client: Any, path: str) -> None:
    headers = client.get(path).headers
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
    make_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client()
    client.store.broken = True
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/publications/invented/reports/house")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert "duckdb" not in answer.text
    assert answer.json()["instance"] in caplog.text
    assert answer.headers["x-request-id"] == answer.json()["instance"]


def test_problems_point_to_a_page_that_explains_them(client: Any) -> None:
    problem = client.get("/api/v1/publications/other").json()
    assert problem["title"] == "Not Found"
    assert problem["safe"]
    assert problem["exit_code"] == 2
    page = client.get(problem["type"])
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_a_person_with_a_browser_gets_a_page_and_not_json(client: Any) -> None:
    answer = client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>This address does not exist.</h1>" in answer.text
