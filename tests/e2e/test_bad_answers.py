"""A provider that answers badly, through the real command line: a named error that says what
happened, what is safe and what to do, the exit code of the documentation, and nothing stored lost
or doubled: the next healthy sync brings the same tables as in a store that never saw the trouble.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from support.newsletter import FaultyProvider, tables
from support.prepare import PREPARE

from regulars.settings import PublicationSettings, StoreSettings
from regulars.store import Store
from regulars_connectors.simulator import BeehiivApi, Handler, Request, Response

HTML = ("Content-Type", "text/html; charset=utf-8")
JSON = ("Content-Type", "application/json")


class OnWalk:
    """Changes every answer of the subscription walk from its second page on."""

    def __init__(self, inner: Handler, change: Callable[[Response, str], Response]) -> None:
        self.inner = inner
        self.change = change

    def __call__(self, request: Request) -> Response:
        cursor = dict(request.query).get("cursor")
        response = self.inner(request)
        if cursor is None or not request.path.endswith("/subscriptions"):
            return response
        return self.change(response, cursor)


def _body(body: bytes, *headers: tuple[str, str]) -> Callable[[Response, str], Response]:
    return lambda _response, _cursor: Response(200, body, headers or (JSON,))


def _empty_with_more(response: Response, _cursor: str) -> Response:
    page = json.loads(response.body) | {"data": [], "has_more": True, "next_cursor": "bW9yZQ"}
    return Response(200, json.dumps(page).encode(), (JSON,))


def _again(response: Response, cursor: str) -> Response:
    page = json.loads(response.body) | {"has_more": True, "next_cursor": cursor}
    return Response(200, json.dumps(page).encode(), (JSON,))


def _torn(response: Response, _cursor: str) -> Response:
    return replace(response, body=response.body[:999], torn=True)


def _error(status: int, *headers: tuple[str, str]) -> Callable[[Response, str], Response]:
    return lambda _response, _cursor: Response(status, b'{"status":%d}' % status, (JSON, *headers))


LASTING = {
    # what every later page of the walk is answered with, code of the error, exit code
    "HTML instead of JSON": (_body(b"<!doctype html><p>wait", HTML), "bad_answer", 6),
    "torn body": (_torn, "provider_unreachable", 5),
    "damaged JSON": (_body(b'{"data": [{"id": "sub_'), "bad_answer", 6),
    "no row can be read": (_body(b'{"data": [1, 2, 3]}'), "bad_answer", 6),
    "redirect": (_error(302, ("Location", "http://127.0.0.1:9/x?key=1")), "bad_answer", 6),
    "a status that is none of ours": (_error(418), "bad_answer", 6),
    "oversized body": (_body(b'{"data":["' + b"x" * (33 << 20)), "answer_too_large", 6),
    "too deep body": (_body(b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}"), "answer_too_large", 6),
    "gzip bomb": (
        _body(gzip.compress(b" " * (40 << 20)), JSON, ("Content-Encoding", "gzip")),
        "answer_too_large",
        6,
    ),
    "empty page that claims more": (_empty_with_more, "cursor_loop", 6),
    "cursor in a circle": (_again, "cursor_loop", 6),
    "storm of 429": (_error(429), "quota_exceeded", 5),
    "storm of 500": (_error(500), "provider_unreachable", 5),
    "storm of 503 that asks to wait": (
        _error(503, ("Retry-After", "86400")),
        "provider_unreachable",
        5,
    ),
}


@pytest.mark.parametrize("case", LASTING)
@pytest.mark.long
def test_provider_in_lasting_trouble(faulty_provider: FaultyProvider, case: str) -> None:
    change, code, exit_code = LASTING[case]
    folder = faulty_provider.fresh()
    letters = faulty_provider.letters
    letters.api = OnWalk(BeehiivApi(letters.world, letters.clock), change)
    said = letters.run(folder, "sync", "--json", code=exit_code)
    assert said.three_lines(code)
    (ended,) = said.json["runs"]
    assert (ended["state"], ended["exit_code"]) == ("partial", exit_code)
    assert ended["error"]["code"] == code
    by_stream = {stream["stream"]: stream["outcome"] for stream in ended["streams"]}
    assert by_stream["posts"] == "whole"
    if exit_code == 6:  # one stream is in trouble, the rest goes on
        assert by_stream["subscriptions"] == "failed"
        assert by_stream["questions"] == "whole"
    faulty_provider.heals(folder)


@pytest.mark.long
def test_status_tells_of_a_partial_sync(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("redirect")
    faulty_provider.letters.run(folder, "sync", code=6)
    freshness = faulty_provider.letters.run(folder, "status", "--json").json["publications"][0][
        "sources"
    ][0]
    assert freshness["last_outcome"] == "partial"
    assert "redirect" in freshness["reason"]
    assert freshness["last_complete_sync"] is not None
    assert "redirect" in faulty_provider.letters.run(folder, "status").out


@pytest.mark.long
def test_the_page_is_ready_after_a_partial_sync(
    faulty_provider: FaultyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def a_second_later(store: Store, publication: PublicationSettings, now: datetime) -> None:
        """The clock of the test stands still: a look of this very moment counts from the next."""
        PREPARE(store, publication, now + timedelta(seconds=1))

    monkeypatch.setattr("regulars.reports.prepare.prepare", a_second_later)
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("redirect")
    faulty_provider.letters.run(folder, "sync", code=6)
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0)
    with Store(settings) as store, store.read() as cursor:
        assert cursor.execute("SELECT is_current FROM histories_made").fetchall() == [(True,)]
        assert cursor.execute("SELECT count(*) FROM readerships").fetchall() == [(1,)]


PASSING = (
    "html-answer",
    "torn-body",
    "storm-429",
    "gzip-bomb",
    *(
        pytest.param(name, marks=pytest.mark.long)  # these take their time
        for name in ("bad-gateway", "storm-500", "oversized-body", "deep-body", "duplicate-row")
    ),
)


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.long
def test_trouble_that_passes_is_waited_out(faulty_provider: FaultyProvider, fault: str) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble(fault)
    faulty_provider.letters.run(folder, "sync")
    for table, rows in tables(folder).items():
        assert rows == faulty_provider.oracle[table], f"{table} differs"


@pytest.mark.parametrize("fault", ["cursor-loop", "empty-page-claims-more", "redirect"])
@pytest.mark.long
def test_walk_that_broke_once_is_whole_the_next_time(
    faulty_provider: FaultyProvider, fault: str
) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble(fault)
    faulty_provider.letters.run(folder, "sync", code=6)
    faulty_provider.heals(folder)


@pytest.mark.long
def test_expired_cursor_starts_the_walk_again(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("cursor-expires")
    said = faulty_provider.letters.run(folder, "sync")
    assert "the provider's cursor has expired" in said.out
    faulty_provider.heals(folder)


@pytest.mark.long
def test_cursor_that_always_expires(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    letters = faulty_provider.letters
    letters.api = OnWalk(BeehiivApi(letters.world, letters.clock), _error(400))
    said = letters.run(folder, "sync", code=6)
    assert said.three_lines("cursor_expired")
    faulty_provider.heals(folder)


def test_refused_key(faulty_provider: FaultyProvider) -> None:
    folder = faulty_provider.fresh()
    before = tables(folder)
    faulty_provider.letters.trouble("refused-key")
    said = faulty_provider.letters.run(folder, "sync", "--json", code=4)
    assert said.three_lines("key_refused")
    assert said.json["runs"][0]["state"] == "failed"
    assert said.json["runs"][0]["error"]["code"] == "key_refused"
    assert tables(folder) == before
    assert "key" in faulty_provider.letters.run(folder, "doctor", code=1).out
    faulty_provider.heals(folder)


@pytest.mark.long
def test_another_publication_than_asked_for(faulty_provider: FaultyProvider) -> None:
    """A proxy or a mixed-up answer: nothing of the other publication may come into the store."""
    folder = faulty_provider.fresh()
    before = tables(folder)
    letters = faulty_provider.letters
    well = BeehiivApi(letters.world, letters.clock)

    def another(request: Request) -> Response:
        response = well(request)
        own, other = letters.world.publication_id.encode(), b"pub_" + b"f" * 8
        return replace(response, body=response.body.replace(own, other))

    letters.api = another
    said = letters.run(folder, "sync", "--json", code=3)
    assert "another publication" in said.three_lines("settings_wrong")["happened"]
    assert said.json["runs"][0]["state"] == "failed"
    assert tables(folder) == before
    faulty_provider.heals(folder)


@pytest.mark.long
def test_missing_scope(faulty_provider: FaultyProvider) -> None:
    """403 for polls: they are unavailable, everything else is brought, and the exit code is 0."""
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("forbidden-polls")
    said = faulty_provider.letters.run(folder, "sync", "--json")
    streams = {stream["stream"]: stream for stream in said.json["runs"][0]["streams"]}
    assert streams["subscriptions"]["outcome"] == "whole"
    assert streams["questions"]["outcome"] == streams["signals"]["outcome"] == "unavailable"
    assert "403" in streams["questions"]["reason"]
    coverage = faulty_provider.letters.run(folder, "report", "coverage", "--json").json["result"]
    limits = {(limit["stream"], limit["code"]): limit["count"] for limit in coverage["limits"]}
    assert limits.keys() == {
        ("questions", "unavailable"),
        ("signals", "unavailable"),
        ("subscriptions", "unknown_standings"),
    }
    words = [person.statuses[-1] for person in faulty_provider.letters.world.people]
    unknown = words.count("needs_attention")  # nobody says what it means
    assert limits["subscriptions", "unknown_standings"] == unknown > 0
    read = faulty_provider.letters.run(folder, "report", "coverage").out
    assert f"-beehiiv: questions: {streams['questions']['reason']}\n" in read
    assert "unavailable" in faulty_provider.letters.run(folder, "status").out
    faulty_provider.heals(folder)


@pytest.mark.long
def test_wrong_type_in_one_row(faulty_provider: FaultyProvider) -> None:
    """The field is left out and named, its row is kept with what was known, and nobody is gone."""
    folder = faulty_provider.fresh()
    faulty_provider.letters.trouble("wrong-type-row")
    said = faulty_provider.letters.run(folder, "sync", "--json")
    streams = {stream["stream"]: stream for stream in said.json["runs"][0]["streams"]}
    assert streams["subscriptions"]["outcome"] == "whole"
    assert streams["subscriptions"]["quarantined"] == 0
    assert streams["subscriptions"]["held_removals"] == 0
    assert said.json["runs"][0]["notices"] == [
        "subscriptions: fields that could not be read were left out: created (1 row)."
    ]
    assert tables(folder)["subscriptions"] == faulty_provider.oracle["subscriptions"]
    faulty_provider.heals(folder)


@pytest.mark.long
def test_everybody_without_totals(faulty_provider: FaultyProvider) -> None:
    """All zero is an alarm and not measured; it never becomes a zero of anybody."""
    folder = faulty_provider.fresh()
    before = tables(folder)["counters"]
    faulty_provider.letters.trouble("all-zero-stats")
    said = faulty_provider.letters.run(folder, "sync", "--json")
    streams = {stream["stream"]: stream for stream in said.json["runs"][0]["streams"]}
    assert streams["subscriptions"]["alarm"] == "counters_all_zero"
    assert tables(folder)["counters"] == before
    assert "not measured" in faulty_provider.letters.run(folder, "status").out
    faulty_provider.heals(folder)


@pytest.mark.long
def test_provider_that_is_away(faulty_provider: FaultyProvider) -> None:
    text = faulty_provider.letters.settings_text()
    folder = faulty_provider.fresh(
        text.replace(faulty_provider.letters.api_url, "http://127.0.0.1:9/v2")
    )
    before = tables(folder)
    said = faulty_provider.letters.run(folder, "sync", code=5)
    assert "127.0.0.1" in said.three_lines("provider_unreachable")["happened"]
    assert tables(folder) == before
    faulty_provider.heals(folder)
