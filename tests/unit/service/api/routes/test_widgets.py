"""The public widget over HTTP: off until declared, cacheable, the same for the whole week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import jsonschema
import pytest
from support.invented_house import NOW, Invented, first_day, person, source

KEY = "wgt_q83vEjRWeJCrze8SNFZ4kA"
PATH = f"/w/{KEY}.json"
Make = Callable[..., Any]


def test_it_follows_its_published_schema(client: Any) -> None:
    schema = client.get("/schemas/widget/v1.json")
    assert schema.headers["content-type"] == "application/schema+json"
    checker = jsonschema.Draft202012Validator(
        schema.json(), format_checker=jsonschema.FormatChecker()
    )
    jsonschema.Draft202012Validator.check_schema(schema.json())
    checker.validate(client.get(PATH).json())


def test_it_is_off_until_it_stands_in_the_settings(make_client: Make) -> None:
    client = make_client(publication={"widgets": []})
    answer = client.get(PATH)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert client.invented.asked == []


def test_it_may_be_kept_on_the_way_and_served_stale(client: Any) -> None:
    headers = client.get(PATH).headers
    assert headers["cache-control"] == (
        "public, max-age=300, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=604800"
    )
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    modified = parsedate_to_datetime(headers["last-modified"])
    assert modified.isoformat() == "2026-11-23T00:00:00+00:00"


def test_the_same_bytes_are_not_sent_twice(client: Any) -> None:
    first = client.get(PATH)
    assert not first.headers["etag"].startswith("W/")
    again = client.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["access-control-allow-origin"] == "*"
    assert client.invented.asked == ["house"]


def test_the_figure_stands_still_for_the_whole_week(client: Any) -> None:
    first = client.get(PATH).content
    client.invented.counts = {"regular": 400}
    client.store.version += 1
    client.now += timedelta(days=4)
    assert client.get(PATH).content == first
    client.now += timedelta(days=1)
    monday = client.get(PATH).json()
    assert monday["as_of"] == "2026-11-29"
    assert monday["figures"][0]["value"] == 400


def test_while_there_is_no_figure_new_data_are_looked_at(make_client: Make) -> None:
    client = make_client(Invented(house=first_day({"newcomer": 40})))
    assert client.get(PATH).json()["figures"][0]["value"] is None
    client.get(PATH)
    assert len(client.invented.asked) == 1
    client.invented.house = None
    client.store.version += 1
    assert client.get(PATH).json()["figures"][0]["value"] is not None


@pytest.mark.long
def test_it_is_asked_as_of_the_end_of_the_week(client: Any) -> None:
    document = client.get(PATH).json()
    assert document["as_of"] == "2026-11-22"
    assert document["next_update"] == "2026-11-30T00:00:00Z"
    assert document["period"]["to"] == "2026-11-22"


@pytest.mark.parametrize(
    ("days", "says"),
    [(7, "Counted on 22 November 2026"), (13, "Counted from what was known on 12 November 2026")],
)
def test_a_week_in_which_nothing_came_in_is_not_dated_as_if_it_had(
    make_client: Make, days: int, says: str
) -> None:
    last = NOW - timedelta(days=days)
    earlier = source(connection="older", last_complete_sync=last - timedelta(days=90))
    client = make_client(Invented(sources=[source(last_complete_sync=last), earlier]))
    document = client.get(PATH).json()
    assert document["text"]["as_of"] == says
    assert document["as_of"] == "2026-11-22"


def test_no_parameter_changes_what_is_counted(client: Any) -> None:
    plain = client.get(PATH).content
    assert client.get(f"{PATH}?as_of=2026-01-01&state=quiet").content == plain


def test_any_page_may_read_it_unless_origins_are_named(make_client: Make) -> None:
    client = make_client(widget={"allowed_origins": ["https://a.example"]})
    friend = client.get(PATH, headers={"Origin": "https://a.example"})
    assert friend.headers["access-control-allow-origin"] == "https://a.example"
    assert friend.headers["vary"] == "Origin"
    stranger = client.get(PATH, headers={"Origin": "https://b.example"})
    assert stranger.status_code == 200
    assert "access-control-allow-origin" not in stranger.headers
    assert stranger.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in friend.headers


def test_a_preflight_is_answered(client: Any) -> None:
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    answer = client.ask("OPTIONS", PATH, headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET"


def test_nothing_about_any_person_is_in_it(client: Any) -> None:
    text = client.get(PATH).text
    assert person(1, "regular").id not in text
    assert "per_" not in text
    assert "sub_" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_can_only_be_read(client: Any, method: str) -> None:
    assert client.ask(method, PATH).status_code == 405


def test_links_are_absolute_and_lead_to_what_exists(make_client: Make) -> None:
    own = make_client().get(PATH).json()["links"]
    page = f"http://127.0.0.1:8765/w/{KEY}"
    assert own == {
        "about": page,
        "svg": f"{page}/card.svg",
        "png": f"{page}/card.png",
        "frame": f"{page}/frame",
        "json": f"{page}.json",
    }
    client = make_client(widget={"public_base_url": "https://regulars.example.org/"})
    public = client.get(PATH).json()["links"]
    assert public["json"] == f"https://regulars.example.org/w/{KEY}.json"


def test_examples_of_the_schema_follow_it(client: Any) -> None:
    schema = client.get("/schemas/widget/v1.json").json()
    checker = jsonschema.Draft202012Validator(schema)
    assert len(schema["examples"]) == 2
    for example in schema["examples"]:
        checker.validate(example)
