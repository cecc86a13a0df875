"""Days, newsletter lists and segments of beehiiv: what is asked for, and odd answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from support.beehiiv_client import NOW, PUBLICATION, Beehiiv, cursor_page

from regulars_connectors import (
    AuthenticationFailed,
    CursorExpired,
    Day,
    FeatureUnavailable,
    InvalidResponse,
    ListStanding,
    NewsletterList,
    Page,
    Segment,
    Signal,
    SyncState,
)
from regulars_connectors.beehiiv import BeehiivSettings
from regulars_connectors.instants import SECOND, from_iso

SEGMENT = "seg_00000000-0000-4000-8000-00000000c001"
POST = "post_00000000-0000-4000-8000-00000000b001"
OPENED = {"segment": SEGMENT, "means": "opened", "post": POST}
LIST = "nl_list_00000000-0000-4000-8000-000000001000"
OTHER = "nl_list_00000000-0000-4000-8000-000000001001"


def numbered(rows: list[Any], page: int = 1, pages: int = 1) -> dict[str, Any]:
    about = {"limit": 100, "page": page, "total_results": len(rows), "total_pages": pages}
    return {"data": rows, **about}


def day(date: str, **changes: Any) -> dict[str, Any]:
    figures = {"total_opens": 61, "unique_opens": 55, "total_clicks": 4, "unique_clicks": 3}
    verified = {"total_verified_clicks": 2, "unique_verified_clicks": 1}
    return {"date": date, **figures, **verified, **changes}


def days_page(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"data": list(rows), "publication_id": PUBLICATION, "granularity": "day"}


def segment(**changes: Any) -> dict[str, Any]:
    row = {
        "id": SEGMENT, "name": "opened: issue-60", "type": "dynamic", "status": "completed",
        "last_calculated": 1790838000, "total_results": 2, "active": True,
    }  # fmt: skip
    return {"data": row | changes}


def pages_of(
    client: Beehiiv, name: str, state: SyncState | None = None, **settings: Any
) -> list[Page]:
    connector = client.connector(**settings)
    (stream,) = (stream for stream in connector.streams() if stream.name == name)
    walks = connector.walks(stream, state or SyncState())
    return [page for walk in walks for page in connector.pages(walk)]


def known_days(*ids: str) -> SyncState:
    return SyncState(parents={"days": dict.fromkeys(ids)})


# Days


def test_the_trailing_month_of_both_kinds_of_mail_is_read_again() -> None:
    client = Beehiiv(
        engagements=[days_page(day("2026-09-28"), day("2026-10-01")), days_page(day("2026-10-01"))]
    )
    pages = pages_of(client, "days", known_days("post/2026-09-30", "message/2026-09-01"))
    usual = {"start_date": "2026-09-01", "number_of_days": "31", "granularity": "day"}
    assert [dict(params) for params in client.params()] == [
        usual | {"email_type": mail, "direction": "asc"} for mail in ("post", "message")
    ]
    assert pages[0].records[0] == Day(
        id="post/2026-09-28", starts_at=from_iso("2026-09-28"), mail="post", opens=61,
        unique_opens=55, clicks=4, unique_clicks=3, verified_clicks=2, unique_verified_clicks=1,
    )  # fmt: skip
    assert [row.id for page in pages for row in page.records] == [
        "post/2026-09-28", "post/2026-10-01", "message/2026-10-01",
    ]  # fmt: skip
    assert pages[-1].cursor is None


def test_a_first_walk_goes_back_until_half_a_year_lies_empty() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        first = request.url.params["start_date"]
        full = request.url.params["email_type"] == "post" and first > "2025-06"
        return httpx.Response(200, json=days_page(*([day(first)] if full else [])))

    client = Beehiiv(engagements=answer)
    pages = pages_of(client, "days")
    asked = [call.request.url.params["start_date"] for call in client.calls]
    posts = [row.id for page in pages for row in page.records]
    assert posts[-1] == min(posts) == "post/2025-06-24"
    # fifteen steps with a newsletter, six empty ones before them, six empty ones without mails
    assert len(asked) == 15 + 6 + 6
    assert len(set(asked[:21])) == 21


def test_days_before_the_publication_began_may_be_refused() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        first = request.url.params["start_date"]
        too_early = httpx.Response(400, json={})
        return too_early if first < "2026-08" else httpx.Response(200, json=days_page(day(first)))

    pages = pages_of(Beehiiv(engagements=answer), "days")
    assert [len(page.records) for page in pages] == [1, 1, 1, 1, 0]
    assert pages[-1].cursor is None
    with pytest.raises(InvalidResponse):
        pages_of(Beehiiv(engagements=httpx.Response(400, json={})), "days")


def test_a_pause_of_months_leaves_no_gap() -> None:
    client = Beehiiv(engagements=days_page(day("2026-10-01")))
    connector = client.connector()
    stream = next(stream for stream in connector.streams() if stream.name == "days")
    (walk,) = connector.walks(stream, known_days("post/2026-06-10"))
    list(connector.pages(walk))
    asked = [call.request.url.params["start_date"] for call in client.calls[:4]]
    assert asked == ["2026-09-01", "2026-08-01", "2026-07-01", "2026-05-31"]
    assert client.calls.call_count == 8


def test_a_walk_of_days_goes_on_at_its_cursor() -> None:
    client = Beehiiv(engagements=days_page(day("2026-08-15")))
    connector = client.connector()
    stream = next(stream for stream in connector.streams() if stream.name == "days")
    (walk,) = connector.walks(stream, known_days("post/2026-08-20"))
    whole = list(connector.pages(walk))
    asked = client.calls.call_count
    rest = list(connector.pages(walk, whole[0].cursor))
    assert [page.cursor for page in rest] == [page.cursor for page in whole[1:]]
    assert client.calls.call_count == asked + len(whole) - 1
    with pytest.raises(CursorExpired):
        list(connector.pages(walk, "post/yesterday/0"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (day("28.09.2026"), "not written YYYY-MM-DD"),
        (day("2026-08-31"), "outside the requested days"),
        (day("2026-09-28") | {"date": 20260928}, "at `$.date`"),
    ],
)
def test_a_day_that_cannot_be_is_set_aside(row: dict[str, Any], reason: str) -> None:
    client = Beehiiv(engagements=days_page(row, day("2026-09-29")))
    first, _ = pages_of(client, "days", known_days("post/2026-09-30"))
    assert [record.id for record in first.records] == ["post/2026-09-29"]
    assert reason in first.quarantined[0].reason


def test_figures_that_were_not_computed_are_not_zero() -> None:
    client = Beehiiv(engagements=days_page(day("2026-09-29", unique_opens=False, total_opens=None)))
    first, _ = pages_of(client, "days", known_days("post/2026-09-30"))
    (row,) = first.records
    assert isinstance(row, Day)
    assert (row.opens, row.unique_opens, row.clicks) == (None, None, 4)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("days", "engagements"),
        ("lists", "newsletter_lists"),
        ("list_standings", "newsletter_lists"),
    ],
)
def test_a_feature_that_is_not_there_is_unavailable(stream: str, path: str, status: int) -> None:
    client = Beehiiv(**{path: httpx.Response(status, json={})})
    with pytest.raises(FeatureUnavailable):
        pages_of(client, stream)


# Lists


def newsletter_list(list_id: str = LIST) -> dict[str, Any]:
    return {
        "id": list_id, "name": "Daily", "slug": "daily", "status": "active",
        "subscriber_count": 12, "created_at": 1656633600, "updated_at": 1790770000,
        "from_address": "daily@example.org",
    }  # fmt: skip


def standing(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"00000000-0000-4000-8000-{number:012d}", "newsletter_list_id": LIST,
        "subscription_id": "sub_3", "status": "inactive", "subscribed_at": 1656633600,
        "unsubscribed_at": 1790770000, "created_at": 1656633600,
    }  # fmt: skip
    return row | changes


def test_lists_are_kept_without_their_addresses() -> None:
    (page,) = pages_of(Beehiiv(newsletter_lists=numbered([newsletter_list()])), "lists")
    (row,) = page.records
    assert row == NewsletterList(
        id=LIST, name="Daily", status="active", created_at=1656633600 * SECOND, subscribers=12,
        extra='{"slug":"daily"}',
    )  # fmt: skip


def two_lists(**more: Any) -> Beehiiv:
    client = Beehiiv(newsletter_lists=numbered([newsletter_list(), newsletter_list(OTHER)]))
    last = cursor_page([standing(2, status="active", unsubscribed_at=None)])
    in_turn = [cursor_page([standing(1)], "YQ=="), last]
    client.answer(f"newsletter_lists/{LIST}/subscriptions", in_turn)
    client.answer(f"newsletter_lists/{OTHER}/subscriptions", cursor_page([standing(3)]))
    for below, given in more.items():
        client.answer(below, given)
    return client


def test_standings_on_all_lists_are_one_walk() -> None:
    pages = pages_of(two_lists(), "list_standings")
    assert [page.cursor for page in pages] == [f"{LIST}/YQ==", f"{OTHER}/", None]
    rows = [row for page in pages for row in page.records]
    assert rows[0] == ListStanding(
        id="00000000-0000-4000-8000-000000000001", list_id=LIST, subscription_id="sub_3",
        status="left", provider_status="inactive", joined_at=1656633600 * SECOND,
        left_at=1790770000 * SECOND,
    )  # fmt: skip
    assert [row.status for row in rows if isinstance(row, ListStanding)] == [
        "left", "active", "left",
    ]  # fmt: skip
    assert {page.total for page in pages} == {None}


def test_a_run_that_walked_the_lists_asks_for_them_once() -> None:
    client = two_lists()
    connector = client.connector()
    for stream in connector.streams():
        if stream.name in ("lists", "list_standings"):
            (walk,) = connector.walks(stream, SyncState())
            list(connector.pages(walk))
    paths = [call.request.url.path.rpartition("/")[2] for call in client.calls]
    assert paths == ["newsletter_lists", *["subscriptions"] * 3]


def test_a_walk_of_standings_goes_on_at_its_cursor() -> None:
    client = two_lists()
    (walk,) = client.walks("list_standings")
    (page,) = client.connectors[-1].pages(walk, f"{OTHER}/")
    assert [row.id[-1] for row in page.records if isinstance(row, ListStanding)] == ["3"]
    with pytest.raises(CursorExpired):
        list(client.connectors[-1].pages(walk, "nl_list_gone/YQ=="))


def test_a_list_deleted_during_the_walk_is_passed_over() -> None:
    client = two_lists(**{f"newsletter_lists/{LIST}/subscriptions": httpx.Response(404, json={})})
    pages = pages_of(client, "list_standings")
    assert [len(page.records) for page in pages] == [0, 1]
    assert pages[-1].cursor is None


def test_a_leaving_before_coming_is_set_aside() -> None:
    rows = [standing(1, unsubscribed_at=1_000_000_000), standing(2)]
    client = Beehiiv(newsletter_lists=numbered([newsletter_list()]))
    client.answer(f"newsletter_lists/{LIST}/subscriptions", cursor_page(rows))
    (page,) = pages_of(client, "list_standings")
    assert len(page.records) == 1
    assert "before `subscribed_at`" in page.quarantined[0].reason


# Segments


def with_segment(*results: Any, **changes: Any) -> Beehiiv:
    client = Beehiiv()
    client.answer(f"segments/{SEGMENT}", segment(**changes))
    client.answer(f"segments/{SEGMENT}/results", list(results))
    return client


def test_without_a_meaning_no_segment_is_asked_for() -> None:
    client = Beehiiv()
    assert pages_of(client, "segments") == pages_of(client, "segment_results") == []
    assert not client.calls.called


def test_a_segment_and_what_the_owner_says_that_it_means() -> None:
    (page,) = pages_of(with_segment(), "segments", segments=[OPENED])
    assert page.records == [
        Segment(
            id=SEGMENT, name="opened: issue-60", status="completed", means="open", post_id=POST,
            calculated_at=1790838000 * SECOND, results=2,
        )
    ]  # fmt: skip
    assert page.notices == []


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"status": "processing"}, "processing", "still being computed"),
        ({"status": "pending", "last_calculated": None}, "processing", "still being computed"),
        ({"status": "failed"}, "failed", "could not be computed"),
        ({"active": False}, "inactive", "no longer updated"),
        ({"status": "dreaming"}, "unknown", "an unknown status"),
    ],
)
def test_a_segment_that_is_still_processing_or_otherwise_in_trouble_is_named(
    changes: dict[str, Any], status: str, words: str
) -> None:
    (page,) = pages_of(with_segment(**changes), "segments", segments=[OPENED])
    (row,) = page.records
    assert isinstance(row, Segment)
    assert row.status == status
    (notice,) = page.notices
    assert words in notice
    assert SEGMENT in notice
    walked = pages_of(with_segment(numbered([]), **changes), "segment_results", segments=[OPENED])
    assert bool(walked) == (status == "inactive")


def test_a_segment_that_beehiiv_does_not_know_is_named() -> None:
    (page,) = pages_of(Beehiiv(), "segments", segments=[OPENED])
    (row,) = page.records
    assert isinstance(row, Segment)
    assert row.status == "unknown"
    (notice,) = page.notices
    assert f"beehiiv knows no segment {SEGMENT}, which your settings name" in notice
    assert pages_of(Beehiiv(), "segment_results", segments=[OPENED]) == []


def test_results_become_signals_without_a_time() -> None:
    client = with_segment(
        numbered(["sub_1", "sub_2"], pages=2), numbered(["sub_9"], page=2, pages=2)
    )
    pages = pages_of(client, "segment_results", segments=[OPENED | {"means": "clicked"}])
    assert [row for page in pages for row in page.records] == [
        Signal(kind="click", id=f"{SEGMENT}/{one}", subscription_id=one, post_id=POST)
        for one in ("sub_1", "sub_2", "sub_9")
    ]
    moment = 1790838000 * SECOND
    assert [page.checkpoint for page in pages] == [None, f"{moment} click {POST}"]


def test_a_segment_is_walked_again_only_when_it_was_worked_out_anew() -> None:
    checkpoint = f"{1790838000 * SECOND} open {POST}"
    known = SyncState(checkpoints={("segment_results", SEGMENT): checkpoint})

    def walked(state: SyncState, meaning: Any = OPENED, **changes: Any) -> int:
        client = with_segment(numbered([]), **changes)
        return len(pages_of(client, "segment_results", state, segments=[meaning]))

    assert walked(known) == 0
    assert walked(known, last_calculated=1790924400) == 1
    assert walked(known, OPENED | {"means": "clicked"}) == 1
    assert walked(known, OPENED | {"post": "post_2"}) == 1
    assert walked(SyncState(checkpoints=known.checkpoints, full=True)) == 1
    assert walked(SyncState()) == 1


def test_a_segment_deleted_during_the_walk_yields_nothing_more() -> None:
    client = with_segment(httpx.Response(404, json={}))
    (page,) = pages_of(client, "segment_results", segments=[OPENED])
    assert (page.records, page.cursor, page.checkpoint) == ((), None, None)


def test_results_go_on_only_where_they_are_still_the_same() -> None:
    """Interrupted after a page, then worked out anew: the first page may name somebody new."""
    client = with_segment(numbered(["sub_1"], 1, 2), numbered(["sub_2"], 2, 2))
    first, last = pages_of(client, "segment_results", segments=[OPENED])
    assert last.cursor is None
    assert first.cursor is not None

    def rest(**changes: Any) -> list[Page]:
        client = with_segment(numbered(["sub_2"], 2, 2), **changes)
        connector = client.connector(segments=[OPENED])
        (stream,) = (one for one in connector.streams() if one.name == "segment_results")
        (walk,) = connector.walks(stream, SyncState())
        return list(connector.pages(walk, first.cursor))

    (page,) = rest()
    assert page == last
    with pytest.raises(CursorExpired, match="computed again"):
        rest(last_calculated=1_790_000_000)


@pytest.mark.parametrize("changes", [{"status": 5}, {"status": None}, {"id": 7}])
def test_a_segment_that_lacks_its_promised_form_is_an_answer_of_beehiiv(changes: Any) -> None:
    """It is not the connector that broke its contract."""
    client = with_segment(**changes)
    for stream in ("segments", "segment_results"):
        with pytest.raises(InvalidResponse, match=f"segment {SEGMENT} lacks its promised form"):
            pages_of(client, stream, segments=[OPENED])


def test_results_that_are_no_ids_are_set_aside() -> None:
    client = with_segment(numbered(["sub_1", {"id": "sub_2"}, ""]))
    (page,) = pages_of(client, "segment_results", segments=[OPENED])
    assert [row.subscription_id for row in page.records if isinstance(row, Signal)] == ["sub_1"]
    assert len(page.quarantined) == 2


def test_segments_that_may_not_be_read_leave_the_rest() -> None:
    client = Beehiiv()
    client.answer(f"segments/{SEGMENT}", httpx.Response(403, json={}))
    for stream in ("segments", "segment_results"):
        with pytest.raises(FeatureUnavailable):
            pages_of(client, stream, segments=[OPENED])
    client.answer(f"segments/{SEGMENT}", httpx.Response(401, json={}))
    with pytest.raises(AuthenticationFailed):
        pages_of(client, "segments", segments=[OPENED])


@pytest.mark.parametrize(
    ("meanings", "words"),
    [
        ([OPENED, OPENED | {"means": "clicked"}], "is listed twice"),
        ([OPENED | {"segment": "opened: issue-60"}], "pattern"),
        ([OPENED | {"post": "issue-60"}], "pattern"),
        ([OPENED | {"means": "read"}], "'opened' or 'clicked'"),
        ([OPENED | {"since": 1}], "Extra inputs"),
    ],
)
def test_a_meaning_that_cannot_be_is_refused(meanings: list[Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        BeehiivSettings(publication_id=PUBLICATION, api_key="any", segments=meanings)


def test_what_the_settings_name_no_more_is_asked_about_once() -> None:
    known = SyncState(parents={"segments": {SEGMENT: None}})
    client = Beehiiv()
    (page,) = pages_of(client, "segments", known)
    assert (page.records, page.fetched_at, client.calls.called) == ([], NOW, False)


def test_the_preflight_finds_mistyped_segments_and_posts() -> None:
    lists = {name: numbered([]) for name in ("posts", "subscriptions", "polls")}
    client = Beehiiv(publication={"data": {}}, **lists)
    client.answer(f"segments/{SEGMENT}", segment())
    findings = client.connector(segments=[OPENED]).preflight().findings
    verdicts = {finding.name: finding.verdict for finding in findings}
    assert verdicts[f"segment {SEGMENT}"] == "ok"
    assert verdicts[f"post {POST}"] == "error"
    client.answer(f"posts/{POST}", {"data": {}})
    client.answer(f"segments/{SEGMENT}", httpx.Response(403, json={}))
    findings = client.connector(segments=[OPENED]).preflight().findings
    verdicts = {finding.name: finding.verdict for finding in findings}
    assert (verdicts[f"segment {SEGMENT}"], verdicts[f"post {POST}"]) == ("warning", "ok")


def test_of_a_segment_beyond_the_last_page_nothing_follows_about_the_others() -> None:
    """beehiiv shows a hundred numbered pages: of 12,000 people, the first 10,000."""

    def results(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if page > 100:
            return httpx.Response(400, json={"errors": [{"message": "page must not exceed 100"}]})
        rows = [f"sub_{page:03d}_{row:02d}" for row in range(100)]
        about = {"limit": 100, "page": page, "total_results": 12_000, "total_pages": 120}
        return httpx.Response(200, json={"data": rows, **about})

    client = Beehiiv()
    client.answer(f"segments/{SEGMENT}", segment(total_results=12_000))
    client.answer(f"segments/{SEGMENT}/results", results)
    (page,) = pages_of(client, "segments", segments=[OPENED])
    (shown,) = page.records
    assert isinstance(shown, Segment)
    assert (shown.status, shown.results) == ("partial", 12_000)
    assert "has more than 10,000 people" in page.notices[0]
    pages = pages_of(client, "segment_results", segments=[OPENED])
    assert sum(len(page.records) for page in pages) == 10_000
    assert (len(pages), pages[-1].cursor) == (100, None)
    assert pages[-1].checkpoint is not None


@pytest.mark.parametrize("results", [9_999, 10_000])
def test_a_segment_that_fits_is_complete(results: int) -> None:
    (page,) = pages_of(with_segment(total_results=results), "segments", segments=[OPENED])
    (shown,) = page.records
    assert isinstance(shown, Segment)
    assert (shown.status, page.notices) == ("completed", [])
