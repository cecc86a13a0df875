"""Odd ids, endless numbers and long words in rows of beehiiv: the row is set aside or cut."""

import json
from urllib.parse import quote

import httpx
import pytest
from support.beehiiv_client import ROOT, Beehiiv, cursor_page, person, sample

from regulars_connectors import SyncState


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
