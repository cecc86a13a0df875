"""Odd ids, endless numbers and long words in rows of beehiiv: the row is set aside or cut."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from support.beehiiv_client import ROOT, Beehiiv, cursor_page, person, sample

from regulars_connectors import Counters, Post, Publication, Subscription, SyncState
from regulars_connectors.instants import SECOND
from regulars_connectors.rows import REST

STATS = {"total_received": 59, "total_unique_opened": 51, "total_unique_clicked": 22}


@pytest.mark.parametrize("row_id", ["", "s" * 513])
def test_a_person_with_an_odd_id_is_set_aside(row_id: str) -> None:
    client = Beehiiv(subscriptions=[cursor_page([person(1), person(2, id=row_id), person(3)])])
    (page,) = client.pages("subscriptions")
    assert [record.id for record in page.records] == [person(1)["id"], person(3)["id"]]  # type: ignore[union-attr]
    (row,) = page.quarantined
    assert row.id == (row_id[:512] or None)


@pytest.mark.parametrize(
    "row_id", ["", ".", "..", "../x", "a/b", "%2e", "%2e%2e%2fx", "a?b", "a#b", "a\\b", "p" * 513]
)
def test_a_poll_with_a_path_for_an_id_is_set_aside_and_never_asked_for(row_id: str) -> None:
    poll = sample("polls")["data"][0]
    odd = poll | {"id": row_id}
    client = Beehiiv(
        polls=cursor_page([poll, odd]), **{f"polls/{poll['id']}/responses": cursor_page([])}
    )
    (page,) = client.pages("questions")
    assert [record.id for record in page.records] == [poll["id"]]  # type: ignore[union-attr]
    assert len(page.quarantined) == 1
    assert [walk.parent for walk in client.walks("signals")] == [poll["id"]]


@pytest.mark.parametrize("row_id", ["poll_\u00fc", "poll 1", "poll_;=&+1", "...", "poll@x"])
def test_an_id_is_one_segment_of_a_path(row_id: str) -> None:
    poll = sample("polls")["data"][0] | {"id": row_id}
    client = Beehiiv(polls=cursor_page([poll]))
    connector = client.connector()
    (stream,) = (one for one in connector.streams() if one.name == "signals")
    (walk,) = connector.walks(stream, SyncState())
    list(connector.pages(walk))
    path = client.calls[-1].request.url.raw_path.decode().partition("?")[0]
    assert path == f"{ROOT}/polls/{quote(row_id, safe='')}/responses"


@pytest.mark.parametrize("count", ["1e300", "1e400", "9" * 30, "-" + "9" * 30])
def test_a_post_with_an_endless_number_is_set_aside(count: str) -> None:
    posts = sample("posts")["data"][:1]
    good = json.dumps(posts[0] | {"id": "post_1"})
    odd = json.dumps(posts[0] | {"id": "post_2", "stats": {"email": {"delivered": "X"}}})
    odd = odd.replace('"X"', count)
    body = f'{{"data":[{good},{odd}],"page":1,"total_pages":1}}'
    client = Beehiiv(posts=httpx.Response(200, content=body.encode()))
    (page,) = client.pages("posts")
    if page.quarantined:
        assert [row.id for row in page.quarantined] == ["post_2"]
        return
    assert [record.delivered for record in page.records][1] is None  # type: ignore[union-attr]


def test_of_a_large_page_each_row_is_cut() -> None:
    rows = [person(n, referring_site="x" * 50_000, utm_source="y" * 80_000) for n in range(20)]
    client = Beehiiv(subscriptions=[cursor_page(rows)])
    (page,) = client.pages("subscriptions")
    assert len(page.records) == 20
    assert {record.source for record in page.records} == {"y" * 65_533 + "…"}  # type: ignore[union-attr]


ONE_FIELD: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "rates as text": ({"stats": STATS | {"open_rate": "46.3%", "click_rate": "n/a"}},
                      {"stats.open_rate": 1, "stats.click_rate": 1}),
    "rates false": ({"stats": STATS | {"open_rate": False, "click_rate": False}},
                    {"stats.open_rate": 1, "stats.click_rate": 1}),
    "counts with a point": ({"stats": {name: float(n) for name, n in STATS.items()}}, {}),
    "counts in quotes": ({"stats": {name: str(n) for name, n in STATS.items()}}, {}),
    "referrals as an object": ({"referrals": {}}, {"referrals": 1}),
    "a referral that is a number": ({"referrals": [7]}, {"referrals": 1}),
    "a campaign that is a number": ({"utm_campaign": 20260301}, {"utm_campaign": 1}),
    "an address that is a list": ({"email": ["a@example.org"]}, {"email": 1}),
    "a joining in words": ({"created": "yesterday"}, {"created": 1}),
    "a joining beyond all years": ({"created": 10**18}, {"created": 1}),
    "a referral's odd status": ({"referrals": [{"id": "sub_9", "status": 1}]},
                                {"referrals.status": 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_FIELD)
def test_one_odd_field_costs_that_field(case: str) -> None:
    changes, unread = ONE_FIELD[case]
    rows = [person(1, stats=STATS), person(2, stats=STATS) | changes]
    (page,) = Beehiiv(subscriptions=[cursor_page(rows)]).pages("subscriptions")
    assert (page.quarantined, dict(page.unread)) == ([], unread)
    usual, odd = page.records
    assert isinstance(usual, Subscription)
    assert isinstance(odd, Subscription)
    assert odd.counters == usual.counters == Counters(59, 51, 22)
    assert (odd.status, odd.tier) == ("active", usual.tier)


@pytest.mark.parametrize("stats", [[], "none", 7, {"total_received": -1}, {"total_received": 1.5}])
def test_odd_totals_are_not_seen_and_the_person_is(stats: Any) -> None:
    rows = [person(1, status="inactive", stats=stats)]
    (page,) = Beehiiv(subscriptions=[cursor_page(rows)]).pages("subscriptions")
    (record,) = page.records
    assert isinstance(record, Subscription)
    assert (record.status, record.counters) == ("left", None)
    assert sum(page.unread.values()) == 1


def test_every_row_of_a_page_may_have_the_same_odd_field() -> None:
    rows = [person(number, utm_campaign=7) for number in range(1, 6)]
    (page,) = Beehiiv(subscriptions=[cursor_page(rows)]).pages("subscriptions")
    assert len(page.records) == 5
    assert dict(page.unread) == {"utm_campaign": 5}


@pytest.mark.parametrize(("word", "status"), [("inactive", "left"), ("active", "active")])
def test_of_a_row_beyond_all_limits_the_standing_counts(word: str, status: str) -> None:
    huge = person(2, status=word, stats=STATS, custom_fields=["x" * 1_000_000] * 5)
    (page,) = Beehiiv(subscriptions=[cursor_page([person(1), huge])]).pages("subscriptions")
    assert (page.quarantined, dict(page.unread)) == ([], {REST: 1})
    record = page.records[1]
    assert isinstance(record, Subscription)
    assert (record.status, record.counters) == (status, Counters(59, 51, 22))
    assert (record.email, record.attributes) == (person()["email"], None)


@pytest.mark.parametrize(
    ("delivered", "read"), [("12", 12), (12.0, 12), ("12.0", 12), ("many", None), (-3, None)]
)
def test_deliveries_are_read_as_far_as_they_are_a_number(delivered: Any, read: int | None) -> None:
    row = sample("posts")["data"][0]
    row["stats"]["email"]["delivered"] = delivered
    client = Beehiiv(posts={"data": [row], "page": 1, "total_pages": 1})
    (page,) = client.pages("posts")
    (record,) = page.records
    assert isinstance(record, Post)
    assert (record.delivered, record.unique_opens) == (read, 4719)
    assert dict(page.unread) == ({} if read else {"stats.email.delivered": 1})


@pytest.mark.parametrize("created", [1672531200, 1672531200.0, 1672531200.25, "1672531200"])
def test_a_publication_may_be_dated_with_decimals(created: Any) -> None:
    row = sample("publication")
    row["data"]["created"] = created
    (found,) = Beehiiv(publication=row).records("publications")
    assert isinstance(found, Publication)
    assert found.created_at is not None
    assert found.created_at // SECOND == 1672531200


def test_a_page_whose_total_is_odd_is_walked_to_its_end() -> None:
    pages = [cursor_page([person(1)], "YQ==", total_results="2"), cursor_page([person(2)])]
    pages[1]["total_results"] = "all"
    first, last = Beehiiv(subscriptions=pages).pages("subscriptions")
    assert (first.total, last.total) == (2, None)
    assert (dict(first.unread), dict(last.unread)) == ({}, {"total_results": 1})
