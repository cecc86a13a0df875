"""The authority matrix: every route, found in the application, with every kind of caller."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from support.app_routes import routes_of
from support.invented_house import Invented
from support.invented_service import KEY, ApiClient, settings_of

from regulars.access.scopes import SCOPES
from regulars.access.tokens import new_key
from regulars.api.authority import NEEDS
from regulars_connectors.instants import DAY, from_datetime

HOST = "regulars.example.org"
OUTSIDE = {"server": {"public_host": HOST}}
OTHER = {"name": "other", "connections": [{"name": "files-2", "connector": "files", "folder": "y"}]}

# Written by hand, and not read from the code. Each line is a scope and the routes that need it.
PUBLICATION = "/api/v1/publications/{publication}"
EXPECTED = {
    "public": """
        GET /healthz, GET /readyz, GET /static/{path:path}, GET /problems/{code}, GET /sign-in,
        POST /sign-in, GET /oembed, GET /schemas/widget/v1.json, GET /embed/v1/regulars.js,
        GET /embed/v1.0.0/regulars.js, GET /w/{key}.json, OPTIONS /w/{key}.json, GET /w/{key},
        GET /w/{key}/, GET /w/{key}/frame, GET /w/{key}/frame/, GET /w/{key}/{name},
        OPTIONS /w/{key}/{name}, GET /w/{key}/{period}/{name}, OPTIONS /w/{key}/{period}/{name},
        POST /api/v1/hooks/{connection}
    """,
    "any": "GET /sign-out, POST /sign-out, GET /api/v1/openapi.json",
    "read:figures": f"""
        GET /api/v1/publications, GET {PUBLICATION}, GET {PUBLICATION}/reports,
        GET {PUBLICATION}/reports/house, GET {PUBLICATION}/reports/coverage,
        GET {PUBLICATION}/reports/variation, GET {PUBLICATION}/reports/calibration,
        GET {PUBLICATION}/reports/{{report}}, GET /api/v1/sync-runs, GET /api/v1/schedule,
        GET /api/v1/sync-runs/{{run_id}}, GET /metrics
    """,
    "read:people": f"""
        GET /, GET /p/{{publication}}, GET {PUBLICATION}/reports/regulars,
        GET {PUBLICATION}/reports/movement""",
    "read:replies": f"""
        GET {PUBLICATION}/reports/answers, GET {PUBLICATION}/reports/letters,
        GET {PUBLICATION}/reports/waiting, GET {PUBLICATION}/replies,
        GET {PUBLICATION}/conversations, GET /p/{{publication}}/waiting""",
    "write:answers": f"""
        POST {PUBLICATION}/conversations/acts,
        POST /p/{{publication}}/letters/{{letter}}/{{action}}""",
    "sync:run": "POST /api/v1/sync-runs, POST /p/{publication}/sync",
    "widgets:manage": "GET /api/v1/widgets",
    "admin": """
        GET /api/v1/keys, POST /api/v1/keys, DELETE /api/v1/keys/{key_id},
        POST /api/v1/sign-in-links, DELETE /api/v1/sessions
    """,
}
SCOPE_OF = {
    route.strip(): scope for scope, routes in EXPECTED.items() for route in routes.split(",")
}
FILLED = {
    "publication": "invented", "key": KEY, "name": "badge.json", "period": "2026-W47",
    "run_id": "run_1", "report": "nothing", "path": "regulars.css", "code": "not_found",
    "key_id": "key_none", "connection": "none", "letter": "none", "action": "rest",
}  # fmt: skip
PEERS = count()
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/keys": {"name": "made"},
    "POST /api/v1/sync-runs": {},
    f"POST {PUBLICATION}/conversations/acts": {"action": "rest", "letters": ["none"]},
}


def outside(**changes: Any) -> ApiClient:
    """An application that the outside reaches, with two publications."""
    return ApiClient(settings_of(more=[OTHER], **(OUTSIDE | changes)), Invented(wrote_back=9))


def ask(client: ApiClient, route: str, headers: dict[str, str]) -> httpx.Response:
    method, _, path = route.partition(" ")
    client.peer = (f"192.0.2.{next(PEERS) % 250}", 40_000)  # nobody is wrong too often
    filled = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: FILLED[found[1]], path)
    options: dict[str, Any] = {"headers": {"Host": HOST} | headers}
    if method not in ("GET", "OPTIONS") and not path.startswith("/sign-"):
        options["json"] = BODIES.get(route)
    return client.ask(method, filled, **options)


def with_key(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def with_session(client: ApiClient) -> dict[str, str]:
    signed_in = client.register.sign_in(client.register.make_link()[1])
    assert signed_in is not None
    return {"Cookie": f"regulars={signed_in[1]}", "Origin": f"http://{HOST}"}


def is_let_in(answer: httpx.Response) -> bool:
    """Whether the route itself answered, however it did."""
    if answer.status_code in (401, 403, 429):
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()["code"] not in ("unauthorized", "forbidden", "too_many_attempts")
    return True


@dataclass(frozen=True)
class Matrix:
    """One application for every cell, with a key of each scope, and an admin's of ``other``."""

    client: ApiClient
    keys: dict[str, str]
    of_other: str


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    client = outside()
    keys = {scope: client.register.add_key("matrix", [scope])[1] for scope in SCOPES}
    return Matrix(client, keys, client.register.add_key("other", ["admin"], ["other"])[1])


@pytest.fixture(scope="module")
def found() -> set[str]:
    return routes_of(outside().app._app._otherwise.app)


def test_every_route_of_the_application_is_in_the_table(found: set[str]) -> None:
    assert len(found) > 35
    assert not found - set(NEEDS), "routes/… has a route that api/authority.py does not name"
    assert not found - set(SCOPE_OF), "this test does not say who may ask for these"
    assert not set(SCOPE_OF) - found, "these are no routes any more"


def test_a_route_that_the_table_lacks_is_refused_to_everybody() -> None:
    client = outside()
    routes = client.app._app._otherwise.app

    @routes.get("/forgotten")
    def forgotten() -> str:
        return "open by mistake"

    @routes.delete("/api/v1/publications")
    def also_forgotten() -> str:
        return "open by mistake"

    assert {"GET /forgotten", "DELETE /api/v1/publications"} <= routes_of(routes) - set(NEEDS)
    token = client.register.make_command_token()
    for headers, first, second in (({}, 401, 401), (with_key(token), 404, 405)):
        assert ask(client, "GET /forgotten", headers).status_code == first
        assert ask(client, "DELETE /api/v1/publications", headers).status_code == second
    answer = ask(client, "DELETE /api/v1/publications", with_key(token))
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("route", sorted(SCOPE_OF))
def test_who_is_let_in(matrix: Matrix, route: str) -> None:
    client = matrix.client
    needed = SCOPE_OF[route]
    is_public = needed == "public"
    assert is_let_in(ask(client, route, {})) == is_public
    for scope, text in matrix.keys.items():
        answer = ask(client, route, with_key(text))
        is_right = is_public or needed in ("any", scope) or scope == "admin"
        assert is_let_in(answer) == is_right, (route, scope, answer.text[:200])
        if not is_right:
            assert answer.status_code == 403
            assert f'scope="{needed}"' in answer.headers["www-authenticate"]
    for headers in (with_session(client), with_key(client.register.make_command_token())):
        assert is_let_in(ask(client, route, headers)), route


@pytest.fixture(scope="module")
def no_more() -> tuple[ApiClient, list[dict[str, str]]]:
    """An application, and everything that opens none of its routes."""
    client = outside()
    _, expired = client.register.add_key(
        "expired", ["admin"], expires_at=from_datetime(client.now) + DAY
    )
    session = with_session(client)
    client.now += timedelta(days=1)
    record, revoked = client.register.add_key("revoked", ["admin"])
    client.register.revoke_key(record.id)
    _, whole = client.register.add_key("whole", ["admin"])
    ended = with_session(client)
    client.register.end_all()
    token = client.register.make_command_token()
    client.register.make_command_token()
    return client, [
        with_key(expired), with_key(revoked), with_key(whole[:-1]), with_key(new_key()),
        with_key(token), {"Authorization": whole}, {"Authorization": f"Basic {whole}"},
        session, ended, {"Cookie": f"regulars={whole}"}, {"Cookie": "regulars="},
        {"X-Api-Key": whole}, {"X-Forwarded-For": "127.0.0.1"},
    ]  # fmt: skip


@pytest.mark.parametrize("route", sorted(SCOPE_OF))
def test_what_counts_no_more_lets_nobody_in(
    no_more: tuple[ApiClient, list[dict[str, str]]], route: str
) -> None:
    client, callers = no_more
    is_public = SCOPE_OF[route] == "public"
    for headers in callers:
        answer = ask(client, route, headers)
        assert is_let_in(answer) == is_public, (route, headers, answer.text[:200])
        if not is_public:
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith('Bearer realm="regulars"')
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("route", sorted(SCOPE_OF))
def test_a_key_of_another_publication(matrix: Matrix, route: str) -> None:
    answer = ask(matrix.client, route, with_key(matrix.of_other))
    asks_for_all = ("GET /", "GET /metrics", "POST /api/v1/sync-runs")
    is_foreign = "{publication}" in route or route in asks_for_all
    assert is_let_in(answer) == (not is_foreign), answer.text
    assert "files-1" not in answer.text
    if SCOPE_OF[route] not in ("public", "any"):
        assert "Invented Letters" not in answer.text
        assert KEY not in answer.text


@pytest.fixture
def client() -> ApiClient:
    return outside()


@pytest.fixture
def other(client: ApiClient) -> dict[str, str]:
    """A key of the publication ``other`` alone, with every scope."""
    return with_key(client.register.add_key("other", ["admin"], ["other"])[1])


def test_lists_show_the_publications_of_the_key(client: ApiClient, other: dict[str, str]) -> None:
    mine = with_key(client.register.add_key("mine", ["admin"], ["invented"])[1])
    everything = with_key(client.register.add_key("all", ["admin"])[1])

    def listed(path: str, headers: dict[str, str], field: str) -> list[str]:
        items = ask(client, f"GET {path}", headers).json()["items"]
        return [item[field] for item in items]

    for path, field, own in (
        ("/api/v1/publications", "name", ["other"]),
        ("/api/v1/sync-runs", "publication", []),
        ("/api/v1/widgets", "publication", []),
    ):
        assert listed(path, other, field) == own
        assert listed(path, mine, field) == ["invented"]
        assert len(listed(path, everything, field)) == len(own) + 1


def test_a_run_of_another_publication_is_as_unknown_as_none(
    client: ApiClient, other: dict[str, str]
) -> None:
    foreign = ask(client, "GET /api/v1/sync-runs/run_1", other)
    unknown = ask(client, "GET /api/v1/sync-runs/run_9", other)
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json()["detail"].replace("run_1", "run_9") == unknown.json()["detail"]


@pytest.mark.parametrize(
    ("connection", "status"), [("files-2", 202), ("files-1", 403), ("nowhere", 403), (None, 403)]
)
def test_a_sync_is_of_the_own_publication(
    client: ApiClient, other: dict[str, str], connection: str | None, status: int
) -> None:
    answer = client.ask("POST", "/api/v1/sync-runs", json={"connection": connection}, headers=other)
    assert answer.status_code == status, answer.text
    assert bool(client.runs.started) == (status == 202)


def test_a_key_that_is_cut_is_told_without_a_look(client: ApiClient) -> None:
    _, text = client.register.add_key("site")
    answer = ask(client, "GET /api/v1/publications", with_key(text[:-1]))
    assert answer.status_code == 401
    assert answer.json()["detail"] == "This key is cut or mistyped: its checksum does not hold."
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


class Slow(Invented):
    """Answers a report after the test has done something meanwhile."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(wrote_back=9)
        self.meanwhile = meanwhile

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.meanwhile()
        return super().__call__(*arguments, **options)


HOUSE = "/api/v1/publications/invented/reports/house"


@pytest.mark.parametrize("how", ["expired", "revoked"])
def test_a_key_that_ends_in_mid_request_gets_no_figure(how: str) -> None:
    def end() -> None:
        if how == "expired":
            client.now += timedelta(hours=2)
        else:
            client.register.revoke_key(record.id)

    client = ApiClient(settings_of(**OUTSIDE), Slow(end))
    ends = from_datetime(client.now + timedelta(hours=1)) if how == "expired" else None
    record, text = client.register.add_key("site", expires_at=ends)
    answer = client.get(HOUSE, headers=with_key(text))
    assert client.invented.asked, "the report was computed"
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "ended while the request was under way" in answer.json()["detail"]
    assert "result" not in answer.text


def test_a_key_that_expires_while_its_body_comes_starts_nothing() -> None:
    client = outside()
    ends = from_datetime(client.now + timedelta(hours=1))
    _, text = client.register.add_key("site", ["sync:run"], expires_at=ends)

    async def drip() -> Any:
        yield b"{"
        client.now += timedelta(hours=2)
        yield b"}"

    headers = with_key(text) | {"Content-Type": "application/json"}
    answer = client.ask("POST", "/api/v1/sync-runs", content=drip(), headers=headers)
    assert answer.status_code == 401
    assert client.runs.started == []


def test_a_sync_that_was_accepted_is_answered_though_the_key_ended_then() -> None:
    client = outside()
    record, text = client.register.add_key("site", ["sync:run"])
    start = client.runs.start

    def start_and_revoke(*arguments: Any) -> Any:
        client.register.revoke_key(record.id)
        return start(*arguments)

    client.runs.start = start_and_revoke  # type: ignore[method-assign]
    answer = client.ask("POST", "/api/v1/sync-runs", json={}, headers=with_key(text))
    assert answer.status_code == 202


def test_cached_reports_are_for_those_who_may(client: ApiClient) -> None:
    _, text = client.register.add_key("site", ["read:figures"], ["invented"])
    for _ in range(2):  # the second comes from memory, ahead of routing
        assert client.get(HOUSE, headers=with_key(text)).status_code == 200
    assert client.get(HOUSE).status_code == 401
    _, foreign = client.register.add_key("site", ["read:figures"], ["other"])
    assert client.get(HOUSE, headers=with_key(foreign)).status_code == 403
    _, without = client.register.add_key("site", ["sync:run"])
    assert client.get(HOUSE, headers=with_key(without)).status_code == 403


def test_a_use_is_noted_once_a_day_also_of_cached_reports(client: ApiClient) -> None:
    record, text = client.register.add_key("site")
    for _ in range(3):
        client.get(HOUSE, headers=with_key(text))
    client.now += timedelta(days=1)
    for _ in range(3):
        client.get(HOUSE, headers=with_key(text))
    used = [entry for entry in client.store.entries if entry.kind == "key_used"]
    assert [entry.facts["key"] for entry in used] == [record.id] * 2
    (item,) = ask(client, "GET /api/v1/keys", with_session(client)).json()["items"]
    assert item["last_used_at"] == "2026-11-26T09:00:00Z"


def test_a_key_counts_although_its_use_cannot_be_noted(client: ApiClient) -> None:
    from regulars.errors import DiskFull

    _, text = client.register.add_key("site")

    def full(*_: object) -> None:
        raise DiskFull("full")

    client.store.append = full  # type: ignore[method-assign,assignment]
    assert client.get(HOUSE, headers=with_key(text)).status_code == 200


def test_the_owners_routes_need_the_owner_even_where_all_else_is_open() -> None:
    client = ApiClient(settings_of(), Invented(wrote_back=9))
    assert client.get("/api/v1/publications").status_code == 200
    for route, scope in SCOPE_OF.items():
        if scope != "public":
            assert is_let_in(ask_here(client, route)) == (scope != "admin"), route
    token = client.register.make_command_token()
    assert client.get("/api/v1/keys", headers=with_key(token)).status_code == 200


def ask_here(client: ApiClient, route: str) -> httpx.Response:
    return ask(client, route, {"Host": "127.0.0.1:8765"})


def test_several_authorization_headers_are_refused(client: ApiClient) -> None:
    _, text = client.register.add_key("site")
    headers = [("Authorization", f"Bearer {text}"), ("Authorization", "Bearer x")]
    assert client.get("/api/v1/publications", headers=headers).status_code == 400
