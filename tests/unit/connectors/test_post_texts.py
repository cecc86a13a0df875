"""What letters may show of posts: asked for where there are letters, and kept as hashes alone."""

from __future__ import annotations

import csv
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.beehiiv_client import Beehiiv
from support.fake_correspondence import KEY, FakeCorrespondence
from support.ghost_client import NOW, Ghost, sample

from regulars_connectors import Page, PostText, Runtime, SyncState
from regulars_connectors.beehiiv import BeehiivConnector, BeehiivSettings
from regulars_connectors.files import FilesConnector, FilesSettings
from regulars_connectors.keyed import MOST_KEPT_RUNS, keyed, runs_from_text
from regulars_connectors.mail.post_texts import post_text
from regulars_connectors.mail.traces import runs_of
from regulars_connectors.simulator import BeehiivApi, SimulatedClock, World, serving

WORDS = "Rye makes a dark bread that keeps for a week and tastes best on day two."


def hashed(text: str) -> str:
    return keyed(text, KEY)


def test_a_text_is_hashed_as_a_letter_that_quotes_it_is() -> None:
    found = post_text(
        "p1",
        KEY,
        subjects=("The bread issue", None, "Re: A B subject", "the bread  issue"),
        text=f"{WORDS}\nhttps://www.letters.example/p/bread?utm_source=mail",
        links=("https://letters.example/p/bread-issue/", None),
        sender="Ada@Letters.example",
        reply_address="newsletter",
    )
    assert found.subjects == f"{hashed('the bread issue')} {hashed('a b subject')}"
    assert found.links == (
        f"{hashed('letters.example/p/bread')} {hashed('letters.example/p/bread-issue')}"
    )
    assert (found.sender, found.reply_address) == (hashed("ada@letters.example"), None)
    # 16 words have 12 runs of five.
    assert runs_from_text(found.runs) == runs_of(WORDS, KEY, 100)
    assert len(runs_from_text(found.runs)) == 12


def test_html_counts_where_there_is_no_text() -> None:
    html = f"<html><p>{WORDS}</p><a href='https://letters.example/oven'>the oven</a></html>"
    found = post_text("p1", KEY, subjects=(), html=html)
    assert set(runs_of(WORDS, KEY, 100)) <= set(runs_from_text(found.runs))
    assert found.links == hashed("letters.example/oven")
    assert found.subjects is None


@pytest.mark.parametrize("html", ["<div>" * 50_000, "<" * 100_000, "<p \0\ud800>", "&" * 10_000])
def test_odd_html_of_a_post_costs_its_words_alone(html: str) -> None:
    found = post_text("p1", KEY, subjects=("Bread",), html=html)
    assert (found.id, found.subjects) == ("p1", hashed("bread"))


def test_of_a_long_post_runs_from_all_over_it_are_kept() -> None:
    words = [f"word{number}" for number in range(15_000)]
    runs = runs_from_text(post_text("p1", KEY, subjects=(), text=" ".join(words)).runs)
    assert len(runs) == MOST_KEPT_RUNS
    for start in range(0, 15_000, 1_000):
        quoted = " ".join(words[start : start + 200])
        shared = set(runs) & set(runs_of(quoted, KEY, 200))
        assert len(shared) >= 3, start


def ghost_posts() -> dict[str, Any]:
    answer = deepcopy(sample("posts_6"))
    first = answer["posts"][0]
    first |= {"plaintext": WORDS, "email_subject": "The first letter of all"}
    first["email"] |= {
        "from": "Harbour <harbour@letters.example>",
        "reply_to": "ada@letters.example",
    }
    first["newsletter"] |= {"sender_email": None, "sender_reply_to": "newsletter"}
    return answer  # type: ignore[no-any-return]


def test_ghost_shows_texts_of_what_went_out() -> None:
    client = Ghost(posts=ghost_posts(), letters=FakeCorrespondence())
    found = {one.id: one for one in client.records("post_texts") if isinstance(one, PostText)}
    went_out = {
        row["id"] for row in sample("posts_6")["posts"] if row["status"] in ("published", "sent")
    }
    assert set(found) == went_out
    first = found["65000000000000000000012d"]
    assert first.subjects == " ".join(
        map(hashed, ("letter 301", "the first letter of all", "the first letter"))
    )
    assert runs_from_text(first.runs) == runs_of(WORDS, KEY, 100)
    assert first.reply_address == hashed("ada@letters.example")
    assert first.links == hashed("letters.example.org/letter-301")


def beehiiv_posts() -> dict[str, Any]:
    content = {"free": {"email": f"<p>{WORDS}</p>"}}
    row = {
        "id": "post_1", "title": "Bread", "subject_line": "🍞 Bread", "status": "confirmed",
        "web_url": "https://letters.example/p/bread", "reply_to_address": "ada@letters.example",
        "content": content,
    }  # fmt: skip
    rows = [row, {"id": "post_2", "title": "Soup", "content": {"free": {"email": 7}}}]
    return {"data": rows, "page": 1, "total_pages": 1, "total_results": 2}


def test_beehiiv_is_asked_for_texts_where_there_are_letters() -> None:
    client = Beehiiv(posts=beehiiv_posts(), letters=FakeCorrespondence())
    first, second = client.records("post_texts")
    assert isinstance(first, PostText)
    assert isinstance(second, PostText)
    assert first.subjects == hashed("bread")
    assert runs_from_text(first.runs) == runs_of(WORDS, KEY, 100)
    assert first.reply_address == hashed("ada@letters.example")
    assert (second.subjects, second.runs) == (hashed("soup"), None)
    (asked,) = client.params()
    assert ("expand[]", "free_email_content") in asked
    assert ("limit", "25") in asked


def test_beehiiv_that_refuses_texts_still_shows_subjects() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "free_email_content" in request.url.query.decode():
            errors = [{"message": "expand[] does not include free_email_content"}]
            return httpx.Response(400, json={"errors": errors})
        return httpx.Response(200, json=beehiiv_posts())

    client = Beehiiv(posts=answer, letters=FakeCorrespondence())
    (page,) = client.pages("post_texts")
    assert len(page.records) == 2
    assert "refuses free_email_content of its texts of posts" in page.notices[0]


def files(
    folder: Path, letters: FakeCorrespondence | None = None, **settings: Any
) -> FilesConnector:
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None, correspondence=letters)
    return FilesConnector(FilesSettings(folder=folder, **settings), runtime)


def words_of(connector: FilesConnector) -> list[Page]:
    (stream,) = (one for one in connector.streams() if one.name == "post_texts")
    return [page for walk in connector.walks(stream, SyncState()) for page in connector.pages(walk)]


def test_files_may_have_a_text_and_several_subjects(tmp_path: Path) -> None:
    long = " ".join(f"word{number}" for number in range(20_000))
    rows = [
        ["id", "title", "sent_at", "text", "subjects", "odd"],
        ["bread", "Bread", "2026-03-02", f"{WORDS}\n\nMore.", "A loaf | Re: Your loaf", ""],
        ["soup", "Soup", "2026-03-09", long, "", ""],
        ["", "Nobody", "2026-03-10", "words", "", ""],
    ]
    with (tmp_path / "posts.csv").open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(rows)
    connector = files(tmp_path, FakeCorrespondence())
    (page,) = words_of(connector)
    bread, soup = page.records
    assert isinstance(bread, PostText)
    assert isinstance(soup, PostText)
    assert bread.subjects == " ".join(map(hashed, ("bread", "a loaf", "your loaf")))
    assert set(runs_of(WORDS, KEY, 100)) <= set(runs_from_text(bread.runs))
    assert len(runs_from_text(soup.runs)) == MOST_KEPT_RUNS
    assert not [*page.quarantined, *page.notices, *page.unused]
    for given in (connector, files(tmp_path)):
        posts = given.streams()[0]
        (walk,) = given.walks(posts, SyncState())
        (read,) = given.pages(walk)
        assert len(read.records) == 2
        assert [one.columns for one in read.unused if one.why == "columns"] == [("odd",)]
        assert len(read.quarantined) == 1


def test_a_column_map_says_where_the_words_are(tmp_path: Path) -> None:
    (tmp_path / "sent.csv").write_text(f"No,Name,Day,Body\n1,Bread,2026-03-02,{WORDS}\n")
    columns = {
        "posts": [
            {"file": "sent.csv", "id": "No", "title": "Name", "sent_at": "Day", "text": "Body"}
        ]
    }
    ((record,),) = (
        page.records for page in words_of(files(tmp_path, FakeCorrespondence(), columns=columns))
    )
    assert isinstance(record, PostText)
    assert runs_from_text(record.runs) == runs_of(WORDS, KEY, 100)
    connector = files(tmp_path, columns=columns)
    (walk,) = connector.walks(connector.streams()[0], SyncState())
    (page,) = connector.pages(walk)
    assert not [one for one in page.unused if one.why == "columns"]


def test_parquet_may_have_long_texts(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    long = " ".join(f"word{number}" for number in range(20_000))
    table = pa.table({"id": ["a"], "title": ["A"], "sent_at": ["2026-03-02"], "text": [long]})
    pq.write_table(table, tmp_path / "posts.parquet")
    ((record,),) = (page.records for page in words_of(files(tmp_path, FakeCorrespondence())))
    assert isinstance(record, PostText)
    assert len(runs_from_text(record.runs)) == MOST_KEPT_RUNS


def test_files_without_words_have_no_walk_of_them(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("id,title,sent_at\n1,Bread,2026-03-02\n")
    assert words_of(files(tmp_path, FakeCorrespondence())) == []


@pytest.mark.parametrize("provider", [Ghost, Beehiiv])
def test_without_letters_no_text_is_asked_for(provider: Any) -> None:
    assert "post_texts" not in {one.name for one in provider().connector().streams()}


def test_the_simulated_beehiiv_gives_each_post_words_of_its_own() -> None:
    world = World.of_size(7, 300)
    clock = SimulatedClock(world.ended_at)
    with serving(BeehiivApi(world, clock)) as url:
        settings = BeehiivSettings(
            publication_id=world.publication_id, api_key="any-key", base_url=f"{url}/v2"
        )
        runtime = Runtime(
            clock=clock, sleep=lambda _: None, unpaced=True, correspondence=FakeCorrespondence()
        )
        connector = BeehiivConnector(settings, runtime)
        (stream,) = (one for one in connector.streams() if one.name == "post_texts")
        (walk,) = connector.walks(stream, SyncState())
        found = [one for page in connector.pages(walk) for one in page.records]
        connector.close()
    assert len(found) > 50
    assert all(isinstance(one, PostText) and one.runs for one in found)
    runs = [set(runs_from_text(one.runs)) for one in found if isinstance(one, PostText)]
    shared = set.intersection(*runs)
    assert shared
    assert all(
        len(one - set.union(*(runs[:at] + runs[at + 1 :]))) >= 3 for at, one in enumerate(runs[:20])
    )
    assert not [one for one in found if "invented" in msgspec.json.encode(one).decode()]
