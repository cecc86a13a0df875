"""A service with a public host: the names it answers to, and which proxy it believes."""

from __future__ import annotations

from typing import Any

import pytest
from support.invented_house import Invented
from support.invented_service import ApiClient, settings_of

PROXY, STRANGER = "10.0.0.7", "198.51.100.9"
RUNS = "/api/v1/sync-runs"
HOST = "regulars.example.org"


def service(**server: Any) -> ApiClient:
    settings = {"public_host": [HOST, "www.example.org:8443"], "trusted_proxies": ["10.0.0.0/24"]}
    client = ApiClient(settings_of(server=settings | server), Invented(wrote_back=9))
    client.peer = (PROXY, 40_000)
    return client


@pytest.fixture
def client() -> ApiClient:
    return service()


@pytest.fixture(scope="module")
def application() -> ApiClient:
    return service()


@pytest.fixture
def shared(application: ApiClient) -> ApiClient:
    """One for all tests that send no key."""
    application.peer = (PROXY, 40_000)
    return application


@pytest.fixture
def key(client: ApiClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.register.add_key('all', ['admin'])[1]}"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (HOST, 200), ("REGULARS.example.org:443", 200), ("www.example.org", 200),
        ("127.0.0.1:8765", 200), ("localhost", 200), ("evil.example", 421), ("example.org", 421),
        (f"{HOST}.evil.example", 421), (f"a.{HOST}", 421), (f"{HOST}:x", 400), (f"{HOST}:", 400),
        (f"{HOST}:80:80", 400), ("10.0.0.1", 421), ("", 421),
    ],
)  # fmt: skip
def test_a_host_that_lies_is_refused(shared: ApiClient, host: str, status: int) -> None:
    for path in ("/healthz", "/w/x.json"):
        answer = shared.get(path, headers={"Host": host})
        expected = 404 if status == 200 and path == "/w/x.json" else status
        assert answer.status_code == expected, answer.text


def test_the_address_that_it_listens_on_is_a_name_of_its_own() -> None:
    client = service(host="10.0.0.1")
    assert client.get("/healthz", headers={"Host": "10.0.0.1:8765"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "10.0.0.2:8765"}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-Host": HOST}, 200),
        ({"X-Forwarded-Host": f"{HOST}:8443"}, 200),
        ({"X-Forwarded-Host": "evil.example"}, 421),
        ({"X-Forwarded-Host": "127.0.0.1"}, 421),
        ({"X-Forwarded-Host": ""}, 421),
        ({"X-Forwarded-Host": f"{HOST}, evil.example"}, 400),
        ([("X-Forwarded-Host", HOST), ("X-Forwarded-Host", HOST)], 400),
        ({"X-Forwarded-Proto": "https"}, 200),
        ({"X-Forwarded-Proto": "http"}, 200),
        ({"X-Forwarded-Proto": "gopher"}, 400),
        ({"X-Forwarded-Proto": "https, http"}, 400),
        ([("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")], 400),
    ],
)
def test_forwarded_headers_that_lie_are_refused_from_the_proxy_and_ignored_from_others(
    shared: ApiClient, headers: Any, status: int
) -> None:
    assert shared.get("/healthz", headers=headers).status_code == status
    shared.peer = (STRANGER, 40_000)
    assert shared.get("/healthz", headers=headers).status_code == 200


def test_a_proxy_that_keeps_its_own_host_is_understood(
    client: ApiClient, key: dict[str, str]
) -> None:
    said = {"X-Forwarded-Host": HOST, "X-Forwarded-Proto": "https", "Host": "127.0.0.1:8765"}
    origin = {"Origin": f"https://{HOST}"}
    assert client.ask("POST", RUNS, json={}, headers=said | key | origin).status_code == 202
    other = {"Origin": "https://127.0.0.1:8765"}
    assert client.ask("POST", RUNS, json={}, headers=said | key | other).status_code == 403


@pytest.mark.parametrize(
    ("peer", "proto", "origin", "status"),
    [
        (PROXY, "https", f"https://{HOST}", 202),
        (PROXY, "https", f"http://{HOST}", 403),
        (PROXY, None, f"http://{HOST}", 202),
        (STRANGER, "https", f"https://{HOST}", 403),
        (STRANGER, "https", f"http://{HOST}", 202),
        (PROXY, "https", "https://evil.example", 403),
    ],
)
def test_the_origin_follows_the_scheme_that_a_believed_proxy_names(
    client: ApiClient, key: dict[str, str], peer: str, proto: str | None, origin: str, status: int
) -> None:
    client.peer = (peer, 40_000)
    headers = key | {"Host": HOST, "Origin": origin}
    headers |= {} if proto is None else {"X-Forwarded-Proto": proto}
    assert client.ask("POST", RUNS, json={}, headers=headers).status_code == status


def test_only_https_asks_browsers_to_stay_with_it(shared: ApiClient) -> None:
    name = "strict-transport-security"
    assert name in shared.get("/healthz", headers={"X-Forwarded-Proto": "https"}).headers
    assert name not in shared.get("/healthz").headers
    shared.peer = (STRANGER, 40_000)
    assert name not in shared.get("/healthz", headers={"X-Forwarded-Proto": "https"}).headers


def is_wrong(client: ApiClient, forwarded: Any, times: int) -> list[int]:
    """The statuses of so many requests with a key that is none."""
    more = [("X-Forwarded-For", one) for one in forwarded]
    headers = [("Authorization", "Bearer rgl_none"), *more]
    asked = [client.get("/api/v1/publications", headers=headers) for _ in range(times)]
    return [answer.status_code for answer in asked]


def test_the_eleventh_wrong_key_waits_and_right_ones_are_answered(
    client: ApiClient, key: dict[str, str]
) -> None:
    assert is_wrong(client, ["203.0.113.5"], 12) == [401] * 10 + [429] * 2
    answer = client.get(
        "/api/v1/publications",
        headers={"Authorization": "Bearer rgl_none", "X-Forwarded-For": "203.0.113.5"},
    )
    assert answer.headers["retry-after"] == "900"
    assert answer.json()["code"] == "too_many_attempts"
    right = key | {"X-Forwarded-For": "203.0.113.5"}
    assert client.get("/api/v1/publications", headers=right).status_code == 200
    assert client.get("/api/v1/publications").status_code == 401
    assert is_wrong(client, ["203.0.113.6"], 1) == [401]


def test_an_expired_or_revoked_key_is_not_held_against_an_address(client: ApiClient) -> None:
    record, text = client.register.add_key("old")
    client.register.revoke_key(record.id)
    headers = {"Authorization": f"Bearer {text}"}
    asked = [client.get("/api/v1/publications", headers=headers) for _ in range(12)]
    assert {answer.status_code for answer in asked} == {401}
    assert is_wrong(client, [], 1) == [401]


@pytest.mark.parametrize(
    ("forwarded", "same"),
    [
        (["1.1.1.1, 203.0.113.5"], True),  # what stands further left may lie
        (["1.1.1.1", "203.0.113.5"], True),
        (["203.0.113.5, 10.0.0.9"], True),  # through two proxies of ours
        (["203.0.113.5:52344"], True),
        (["203.0.113.5, 1.1.1.1"], False),
        (["203.0.113.6"], False),
    ],
)
def test_the_address_that_counts_is_the_last_that_no_proxy_of_ours_has(
    client: ApiClient, forwarded: list[str], same: bool
) -> None:
    assert is_wrong(client, ["203.0.113.5"], 10) == [401] * 10
    assert is_wrong(client, forwarded, 1) == [429 if same else 401]


@pytest.mark.parametrize("forwarded", [["unknown"], [""], [", ,"], ["[::1"], ["_hidden, x y"]])
def test_a_list_that_names_nobody_counts_for_the_proxy(
    client: ApiClient, forwarded: list[str]
) -> None:
    assert is_wrong(client, forwarded, 10) == [401] * 10
    assert is_wrong(client, [], 1) == [429]


def test_a_stranger_cannot_hide_behind_other_addresses(client: ApiClient) -> None:
    client.peer = (STRANGER, 40_000)
    statuses = [is_wrong(client, [f"203.0.113.{number}"], 1)[0] for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_loopback_is_no_authority(client: ApiClient) -> None:
    client.peer = ("127.0.0.1", 40_000)
    for host in ("127.0.0.1:8765", HOST):
        assert client.get("/api/v1/publications", headers={"Host": host}).status_code == 401


def test_links_of_widgets_begin_with_the_public_host(
    client: ApiClient, key: dict[str, str]
) -> None:
    (item,) = client.get("/api/v1/widgets", headers=key).json()["items"]
    assert item["page"].startswith(f"https://{HOST}/w/wgt_")
