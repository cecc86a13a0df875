"""Signing in with a browser: the link, the cookie, forms, and the way out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.invented_house import Invented
from support.invented_service import ApiClient, settings_of

HOST = "regulars.example.org"
TLS = {"Host": HOST, "X-Forwarded-Proto": "https"}
FORM = {"Origin": f"https://{HOST}", "Sec-Fetch-Site": "same-origin"}
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def client() -> ApiClient:
    server = {"public_host": HOST, "trusted_proxies": "127.0.0.1"}
    return ApiClient(settings_of(server=server), Invented(wrote_back=9))


@pytest.fixture
def link(client: ApiClient) -> str:
    return client.register.make_link()[1]


def post(client: ApiClient, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    return client.ask("POST", path, data=fields, headers=TLS | FORM | headers)


def cookie_of(answer: httpx.Response) -> str:
    """The cookie as the browser sends it back."""
    return answer.headers["set-cookie"].partition(";")[0]


def signed_in(client: ApiClient, link: str) -> dict[str, str]:
    return TLS | {"Cookie": cookie_of(post(client, "/sign-in", {"link": link}))}


def test_the_way_in(client: ApiClient, link: str) -> None:
    assert client.get("/", headers=TLS | BROWSER).status_code == 401
    page = client.get(f"/sign-in?link={link}", headers=TLS)
    assert page.status_code == 200
    assert f'name="link" value="{link}"' in page.text
    answer = post(client, "/sign-in", {"link": link})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    home = client.get("/", headers=TLS | BROWSER | {"Cookie": cookie_of(answer)})
    assert home.status_code == 200
    assert "Invented Letters" in home.text


def test_the_cookie_keeps_to_the_rules(client: ApiClient, link: str) -> None:
    set_cookie = post(client, "/sign-in", {"link": link}).headers["set-cookie"]
    name_and_text, *attributes = set_cookie.split("; ")
    assert re.fullmatch(r"__Host-regulars=[0-9A-Za-z]{43}", name_and_text)
    assert {one.lower() for one in attributes} == {
        "httponly", "secure", "path=/", "samesite=lax", "max-age=2592000"
    }  # fmt: skip


def test_without_tls_the_cookie_says_nothing_of_it(client: ApiClient, link: str) -> None:
    headers = {"Host": HOST, "Origin": f"http://{HOST}"}
    answer = client.ask("POST", "/sign-in", data={"link": link}, headers=headers)
    assert answer.headers["set-cookie"].startswith("regulars=")
    assert "secure" not in answer.headers["set-cookie"].lower()
    cookie = {"Cookie": cookie_of(answer)}
    assert client.get("/", headers={"Host": HOST} | cookie).status_code == 200
    assert client.get("/", headers=TLS | cookie).status_code == 401


def test_looking_at_a_link_uses_nothing_up(client: ApiClient, link: str) -> None:
    for _ in range(3):  # as a mail program does
        assert client.get(f"/sign-in?link={link}", headers=TLS).status_code == 200
    assert post(client, "/sign-in", {"link": link}).status_code == 303


def test_a_link_that_was_used_or_is_over(client: ApiClient, link: str) -> None:
    assert post(client, "/sign-in", {"link": link}).status_code == 303
    _, late = client.register.make_link()
    client.now += timedelta(minutes=10)
    answers = [
        ask
        for text in (link, late, "none", "x" * 5_000)
        for ask in (
            post(client, "/sign-in", {"link": text}),
            client.get("/sign-in", params={"link": text}, headers=TLS),
        )
    ]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(410, "link_over")}
    assert len({one.json()["detail"] for one in answers}) == 1
    assert not any("set-cookie" in one.headers for one in answers)


def test_wrong_links_are_limited_as_wrong_keys_are(client: ApiClient, link: str) -> None:
    statuses = [post(client, "/sign-in", {"link": "none"}).status_code for _ in range(11)]
    assert statuses == [410] * 10 + [429]
    assert post(client, "/sign-in", {"link": link}).status_code == 303


def test_the_page_without_a_link_says_how_to_get_one(client: ApiClient) -> None:
    page = client.get("/sign-in", headers=TLS)
    assert page.status_code == 200
    assert "<code>regulars sign-in</code>" in page.text
    assert "<form" not in page.text


def test_a_page_for_401_says_how_to_sign_in(client: ApiClient) -> None:
    answer = client.get("/p/invented", headers=TLS | BROWSER)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")
    assert "regulars sign-in" in answer.text
    assert answer.headers["www-authenticate"] == 'Bearer realm="regulars"'


def test_forms_go_to_this_service_alone(client: ApiClient, link: str) -> None:
    headers = client.get(f"/sign-in?link={link}", headers=TLS).headers
    assert "form-action 'self'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-store"
    other = client.get("/problems/not_found", headers=TLS).headers
    assert "form-action 'none'" in other["content-security-policy"]


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_other_page_may_sign_anybody_in(
    client: ApiClient, link: str, foreign: dict[str, str]
) -> None:
    answer = client.ask("POST", "/sign-in", data={"link": link}, headers=TLS | FORM | foreign)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert client.register.is_open_link(link)


def test_the_way_out(client: ApiClient, link: str) -> None:
    session = signed_in(client, link)
    page = client.get("/sign-out", headers=session)
    (token,) = re.findall(r'name="token" value="(\w+)"', page.text)
    for wrong in ("", "0" * 64, token[:-1]):
        answer = client.ask("POST", "/sign-out", data={"token": wrong}, headers=session | FORM)
        assert answer.status_code == 403
    assert client.get("/", headers=session).status_code == 200
    answer = client.ask("POST", "/sign-out", data={"token": token}, headers=session | FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get("/", headers=session).status_code == 401


def test_the_token_of_a_form_is_that_of_its_session(client: ApiClient, link: str) -> None:
    session, other = signed_in(client, link), signed_in(client, client.register.make_link()[1])
    page = client.get("/sign-out", headers=other)
    (token,) = re.findall(r'name="token" value="(\w+)"', page.text)
    answer = client.ask("POST", "/sign-out", data={"token": token}, headers=session | FORM)
    assert answer.status_code == 403


def test_a_session_may_do_everything_and_says_where_it_comes_from(
    client: ApiClient, link: str
) -> None:
    session = signed_in(client, link)
    runs = "/api/v1/sync-runs"
    assert client.get(runs, headers=session).status_code == 200
    for more, status in ((FORM, 202), ({"Sec-Fetch-Site": "same-origin"}, 202), ({}, 403),
                         ({"Origin": "https://evil.example"}, 403)):  # fmt: skip
        assert client.ask("POST", runs, json={}, headers=session | more).status_code == status


def test_a_session_ends_after_thirty_days(client: ApiClient, link: str) -> None:
    session = signed_in(client, link)
    client.now += timedelta(days=30) - timedelta(seconds=1)
    assert client.get("/", headers=session).status_code == 200
    client.now += timedelta(seconds=1)
    answer = client.get("/", headers=session)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Your session is over.")


def test_all_sessions_end_at_once(client: ApiClient, link: str) -> None:
    sessions = [signed_in(client, one) for one in (link, client.register.make_link()[1])]
    _, waiting = client.register.make_link()
    token = {"Authorization": f"Bearer {client.register.make_command_token()}"}
    answer = client.ask("DELETE", "/api/v1/sessions", headers=TLS | token)
    assert answer.json() == {"ended": 2}
    for session in sessions:
        assert client.get("/", headers=session).status_code == 401
    assert post(client, "/sign-in", {"link": waiting}).status_code == 410


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", ""])
def test_a_form_in_another_form_is_refused(client: ApiClient, link: str, kind: str) -> None:
    headers = TLS | FORM | {"Content-Type": kind}
    answer = client.ask("POST", "/sign-in", content=f"link={link}", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"\xff=1", b"a=1&" * 2_000, b"=", b"&&&"])
def test_a_form_that_cannot_be_read_opens_nothing(client: ApiClient, body: bytes) -> None:
    headers = TLS | FORM | {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.ask("POST", "/sign-in", content=body, headers=headers).status_code == 410


@pytest.mark.parametrize("cookie", ["", ";", "regulars", "__Host-regulars", "a=b; c", "\xff=\xff"])
def test_odd_cookies_are_no_session(client: ApiClient, cookie: Any) -> None:
    headers = {**TLS, "Cookie": cookie.encode("latin-1")}
    assert client.get("/", headers=headers).status_code == 401


def test_cookies_of_others_do_not_hide_the_session(client: ApiClient, link: str) -> None:
    cookie = signed_in(client, link)["Cookie"]
    odd = f'a b="c; regulars=x; é=[]; {cookie}; z'
    headers = {**TLS, "Cookie": odd.encode("latin-1")}
    assert client.get("/", headers=headers).status_code == 200
