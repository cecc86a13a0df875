"""`regulars import mail` as a person types it: mails before posts, again, larger, wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.command import Said, run

NAME = "bread-letters"
WRITER = "ada@letters.example"
READER = "mika@reader.example"
QUOTE = "Rye makes a dark bread that keeps for a week and tastes best on day two."


def mail(
    number: int,
    *,
    sender: str = READER,
    to: str = WRITER,
    subject: str = "Re: The bread issue",
    day: int = 3,
    more: str = "",
    text: str = "Which oven do you bake in?",
) -> bytes:
    return (
        f"From x Tue Mar  3 08:00:00 2026\n{more}Message-ID: <m{number}@reader.example>\n"
        f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {day} Mar 2026 08:00:00 +0000\n\n"
        f"{text}\n\n"
    ).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    history = tmp_path / "history"
    history.mkdir()
    (history / "posts.csv").write_text(
        "id,title,sent_at,text\n"
        f"bread,The bread issue,2026-03-02T07:30:00Z,{QUOTE}\n"
        "soup,The soup issue,2026-03-09T07:30:00Z,Soup wants time and salt and little else.\n"
    )
    (history / "subscriptions.csv").write_text(
        f"id,email,joined_at,left_at,status,source\ns1,{READER},2025-11-03,,active,website\n"
    )
    (tmp_path / "regulars.toml").write_text('[store]\nfolder = "data"\n')
    return tmp_path


def regulars(folder: Path, *words: str) -> Said:
    return run(folder / "regulars.toml", *words)


def posts(folder: Path) -> Said:
    said = regulars(folder, "import", "files", str(folder / "history"), "--publication", NAME)
    assert said.code == 0, said.err
    return said


def imported(folder: Path, *words: str, path: str = "Inbox.mbox", name: str = NAME) -> Said:
    given = words or ("--writer", WRITER)
    return regulars(folder, "import", "mail", str(folder / path), "--publication", name, *given)


def rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    (database,) = (folder / "data").rglob("*.duckdb")
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def ties(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Kind, post and rung by the number of the mail, as a report finds them."""
    assert regulars(folder, "report", "answers", "--publication", NAME).code == 0
    found = rows(
        folder,
        "SELECT letters.message_id, ties.kind, ties.post_id, ties.rung FROM letter_ties AS ties"
        " JOIN letters ON letters.id = ties.letter_id",
    )
    return {str(one).partition("@")[0]: tuple(rest) for one, *rest in found}


def test_letters_are_found_tied_and_counted_once(folder: Path) -> None:
    posts(folder)
    machine = mail(3, sender="shop@flour.example", subject="Invoice", more="X-Autoreply: yes\n")
    answer = mail(
        2, sender=WRITER, to=READER, subject="Ovens", day=4,
        more="In-Reply-To: <m1@reader.example>\n",
    )  # fmt: skip
    (folder / "Inbox.mbox").write_bytes(
        answer + mail(1) + machine + mail(4, sender="eli@family.example", subject="Lunch")
    )
    said = imported(folder)
    assert said.code == 0, said.err
    assert "letters: 2 seen, 2 new or different" in said.out
    assert "Of 4 mails 2 belong to a conversation with a reader." in said.out
    assert "Nothing is kept of 2 others, 1 of them by machines." in said.out
    assert ties(folder) == {"m1": ("human", "bread", 7), "m2": ("own", "bread", 3)}
    again = imported(folder)
    assert "letters: 0 seen, 0 new or different" in again.out
    assert "2 of them known already" in again.out
    with (folder / "Inbox.mbox").open("ab") as handle:
        handle.write(mail(5, day=5, text="And which flour?"))
    longer = imported(folder)
    assert "letters: 1 seen, 1 new or different" in longer.out
    assert set(ties(folder)) == {"m1", "m2", "m5"}
    assert regulars(folder, "verify").code == 0


@pytest.mark.long
def test_words_of_posts_tie_a_letter_without_its_subject(folder: Path) -> None:
    posts(folder)
    quoting = (
        f"Mine too.\n\nOn Mon, 2 Mar 2026 at 07:31, Ada <{WRITER}> wrote:\n> {QUOTE[:40]}\n"
        f"> {QUOTE[40:]}"
    )
    (folder / "Inbox.mbox").write_bytes(
        mail(1)
        + mail(2, subject="Hello", text=quoting, more="References: <m1@reader.example>\n")
        + mail(3, subject="Re: The soup issue", text=quoting, day=10)
    )
    assert imported(folder).code == 0
    assert ties(folder)["m3"] == ("human", "bread", 6)
    assert "post_texts: 2 seen, 2 new or different" in posts(folder).out
    assert ties(folder)["m3"] == ("human", "bread", 5)
    assert rows(folder, "SELECT count(*) FROM post_texts WHERE runs IS NOT NULL") == [(2,)]
    assert QUOTE[:20] not in str(rows(folder, "SELECT * FROM post_texts"))


@pytest.mark.long
def test_mail_that_came_before_its_posts_is_found_later(folder: Path) -> None:
    posts(folder)
    (folder / "Inbox.mbox").write_bytes(mail(1, subject="Re: The tea issue", day=17))
    early = imported(folder)
    assert "Of 1 mail 0 belong to a conversation" in early.out
    assert "Import posts and subscribers first" in early.out
    with (folder / "history" / "posts.csv").open("a") as handle:
        handle.write("tea,The tea issue,2026-03-16T07:30:00Z,Tea in the rain.\n")
    posts(folder)
    assert "letters: 1 seen, 1 new or different" in imported(folder).out


def test_a_dry_run_counts_and_writes_nothing(folder: Path) -> None:
    posts(folder)
    (folder / "Inbox.mbox").write_bytes(mail(1))
    before = sorted((one, one.stat().st_mtime_ns) for one in (folder / "data").rglob("*.jsonl"))
    said = imported(folder, "--dry-run", "--writer", WRITER)
    assert "letters: 1 would be imported" in said.out
    told = imported(folder, "--dry-run", "--json").json
    assert told["streams"] == [{"stream": "letters", "seen": 1, "quarantined": 0}]
    assert rows(folder, "SELECT count(*) FROM letters") == [(0,)]
    assert before == sorted(
        (one, one.stat().st_mtime_ns) for one in (folder / "data").rglob("*.jsonl")
    )


def test_the_result_as_json(folder: Path) -> None:
    posts(folder)
    (folder / "Inbox.mbox").write_bytes(mail(1))
    (run_view,) = imported(folder, "--json", "--writer", WRITER).json["runs"]
    assert (run_view["state"], run_view["error"]) == ("complete", None)
    assert [(one["stream"], one["changed"]) for one in run_view["streams"]] == [("letters", 1)]
    assert READER not in json.dumps(run_view)


@pytest.mark.parametrize(
    ("words", "name", "path", "code", "said"),
    [
        (("--writer", "ada"), NAME, "Inbox.mbox", "parameter_wrong", "'ada' is no address"),
        ((), "other-letters", "Inbox.mbox", "not_found", "no publication named 'other-letters'"),
        ((), NAME, "none.mbox", "bad_source", "There is no"),
        ((), NAME, "history", "bad_source", "holds no mails"),
        ((), "Bad Name", "Inbox.mbox", "parameter_wrong", "not a valid short name"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    folder: Path, words: tuple[str, ...], name: str, path: str, code: str, said: str
) -> None:
    posts(folder)
    (folder / "Inbox.mbox").write_bytes(mail(1))
    answer = imported(folder, *words, name=name, path=path)
    assert answer.code != 0
    assert said in answer.three_lines(code)["happened"]
    assert rows(folder, "SELECT count(*) FROM letters") == [(0,)]


def test_one_letter_in_inbox_sent_and_junk_is_one(folder: Path) -> None:
    posts(folder)
    for where, raw in (("Inbox", mail(1)), ("Spam", mail(1)), ("Sent", mail(1, sender=WRITER))):
        (folder / "mail").mkdir(exist_ok=True)
        (folder / "mail" / where).write_bytes(raw)
    said = imported(folder, path="mail")
    assert "letters: 2 seen, 2 new or different" in said.out
    assert rows(folder, "SELECT direction, is_junk FROM letters ORDER BY 1") == [
        ("in", False), ("out", False),
    ]  # fmt: skip
