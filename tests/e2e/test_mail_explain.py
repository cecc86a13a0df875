"""``regulars mail explain``: mails on disk in, a verdict each out, without settings or store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.command import Said, run

pytestmark = pytest.mark.long  # each call starts a process that reads

WRITER = "ada@letters.example"
BREAD = "Rye makes a dark bread that keeps for a week and tastes best on day two of it."
KEYS = {
    "schema_version", "file", "number", "class", "rule", "sender", "sender_certain", "text",
    "signature", "words", "question", "post", "rung", "cut",
}  # fmt: skip


def mail(body: str, **headers: str) -> bytes:
    given = {"From": "Mika <mika@reader.example>", "To": WRITER, "Subject": "Hello"}
    given["Date"] = "Tue, 3 Mar 2026 08:00:00 +0000"
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "\n".join(f"{name}: {value}" for name, value in given.items())
    return f"{head}\n\n{body}\n".encode()


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    path = tmp_path / "posts.csv"
    path.write_text(
        "id,title,sent_at,text,message_id\n"
        f'bread,The bread issue,2026-03-02T07:30:00Z,"{BREAD}",<bread@letters.example>\n'
        "tea,The tea issue,2026-02-02T07:30:00Z,Tea.,\n",
        encoding="utf-8",
    )
    return path


def explained(*words: object) -> list[dict[str, Any]]:
    said = run(None, "mail", "explain", "--json", *map(str, words))
    assert said.code == 0, said.err
    found = [json.loads(line) for line in said.out.splitlines()]
    assert all(set(one) == KEYS for one in found)
    return found


def one_of(tmp_path: Path, raw: bytes, *words: object) -> dict[str, Any]:
    path = tmp_path / "one.eml"
    path.write_bytes(raw)
    (found,) = explained(path, *words)
    return found


def test_one_mail(tmp_path: Path, posts: Path) -> None:
    body = (
        f"Which oven?\n\nOn Mon, 2 Mar 2026 at 07:30, Ada <{WRITER}> wrote:\n> {BREAD}\n-- \nMika"
    )
    found = one_of(tmp_path, mail(body, Subject="Re: Bread"), "--posts", posts, "--writer", WRITER)
    del found["file"]
    assert found == {
        "schema_version": "1.0", "number": 1, "class": "human", "rule": "no_machine",
        "sender": "mika@reader.example", "sender_certain": True, "text": "Which oven?",
        "signature": "-- \nMika", "words": 2, "question": True, "post": "bread", "rung": 5,
        "cut": [],
    }  # fmt: skip


def test_without_posts_nothing_is_tied(tmp_path: Path) -> None:
    found = one_of(tmp_path, mail("Rye.", Subject="Re: The bread issue"))
    assert (found["post"], found["rung"]) == (None, 10)


def test_lines_of_the_post_are_no_own_words_though_nothing_marks_them(
    tmp_path: Path, posts: Path
) -> None:
    raw = mail(f"Lovely.\n{BREAD}", Subject="Re: The bread issue")
    found = one_of(tmp_path, raw, "--posts", posts)
    assert (found["text"], found["words"], found["post"]) == ("Lovely.", 1, "bread")


def test_list_mail_is_a_reply_where_it_answers_a_post(tmp_path: Path, posts: Path) -> None:
    tied = mail("Rye.", Subject="Re: The bread issue", List_Id="<bread.lists.example>")
    assert one_of(tmp_path, tied, "--posts", posts)["class"] == "human"
    untied = mail("Rye.", List_Id="<bread.lists.example>")
    assert one_of(tmp_path, untied, "--posts", posts)["class"] == "list_mail"


def test_mails_of_one_call_see_each_other(tmp_path: Path, posts: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    last = mail("And mine.", Message_ID="<3@r>", In_Reply_To="<2@r>")
    (folder / "1.eml").write_bytes(last)
    between = mail("Mine.", Message_ID="<2@r>", In_Reply_To="<bread@letters.example>")
    (folder / "2.eml").write_bytes(between)
    found = explained(folder, "--posts", posts)
    assert [(one["post"], one["rung"]) for one in found] == [("bread", 3), ("bread", 2)]


def test_an_mbox_holds_many(tmp_path: Path) -> None:
    path = tmp_path / "many.mbox"
    path.write_bytes(b"\n".join(b"From x\n" + mail(f"Number {at}.") for at in (1, 2, 3)))
    found = explained(path)
    assert [(one["number"], one["text"]) for one in found] == [
        (1, "Number 1."), (2, "Number 2."), (3, "Number 3."),
    ]  # fmt: skip
    other = path.rename(tmp_path / "many")
    assert len(explained(other, "--mbox")) == 3


def test_a_maildir_is_its_mails(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
        (tmp_path / "box" / name / f"{name}:2,S").write_bytes(mail(name))
    (tmp_path / "box" / "dovecot-uidlist").write_text("3 V1 N2\n", encoding="utf-8")
    assert [one["text"] for one in explained(tmp_path / "box")] == ["cur", "new"]


@pytest.mark.parametrize(
    ("option", "body"), [("--text", "Rye.\n> Which flour?"), ("--html", "<p>Rye.<blockquote>x")]
)
def test_the_text_or_html_of_a_mail_alone(tmp_path: Path, option: str, body: str) -> None:
    path = tmp_path / "body"
    path.write_text(body, encoding="utf-8")
    (found,) = explained(path, option)
    assert (found["class"], found["text"], found["sender"]) == ("human", "Rye.", None)


@pytest.mark.parametrize("raw", [b"", b"\0\1\2", b"just words", b"\xff" * 4000])
def test_what_cannot_be_read_is_unreadable_and_no_failure(tmp_path: Path, raw: bytes) -> None:
    found = one_of(tmp_path, raw)
    assert (found["class"], found["text"], found["post"]) == ("unreadable", "", None)


def test_what_was_left_out_is_named(tmp_path: Path) -> None:
    found = one_of(tmp_path, mail("a\n" * 700_000))
    assert found["cut"] == ["lines", "size", "text"]


def test_the_writer_and_colleagues(tmp_path: Path) -> None:
    raw = mail("Thanks!", From="Bo <bo@letters.example>")
    words = ("--writer", WRITER, "--writer", "Bo@Letters.example")
    assert one_of(tmp_path, raw, *words)["class"] == "own"


@pytest.mark.parametrize(
    "senders",
    [
        {"From": "Mika <mika@reader.example>, Bo <bo@reader.example>"},
        {"From": f'"Ada <{WRITER}>" <mika@reader.example>'},
        {"From": "Mika <mika@reader.example>\nFrom: Bo <bo@reader.example>"},
    ],
)
def test_a_sender_who_is_not_certain(tmp_path: Path, senders: dict[str, str]) -> None:
    found = one_of(tmp_path, mail("Rye.", **senders))
    assert (found["sender"], found["sender_certain"]) == ("mika@reader.example", False)


def test_an_answer_to_an_absence_notice_is_a_reply(tmp_path: Path) -> None:
    raw = mail("Have a good rest.", Subject="Re: Automatic reply: Bread")
    assert one_of(tmp_path, raw)["class"] == "human"


def test_a_loop_of_machines_counts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "loop.mbox"
    marks = [{"Auto_Submitted": "auto-replied"}, {"From": "MAILER-DAEMON@mx.example"}] * 20
    path.write_bytes(b"\n".join(b"From x\n" + mail("Loop.", **one) for one in marks))
    assert {one["class"] for one in explained(path)} == {"auto_reply", "bounce"}


def test_an_issue_two_years_old_is_still_answered(tmp_path: Path, posts: Path) -> None:
    raw = mail(
        "Late!", Date="Thu, 2 Mar 2028 08:00:00 +0000", In_Reply_To="<bread@letters.example>"
    )
    assert one_of(tmp_path, raw, "--posts", posts)["post"] == "bread"


def test_text_for_people_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(mail("Rye\x1b[31m.\nAnd\u202espelt?", Subject="Re: x"))
    said = run(None, "mail", "explain", str(path))
    assert said.code == 0
    assert "human (no_machine)" in said.out
    assert "from mika@reader.example" in said.out
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out


def refused(*words: object) -> str:
    said: Said = run(None, "mail", "explain", *map(str, words))
    assert said.code == 2
    lines = said.three_lines("parameter_wrong")
    return f"{lines['happened']} {lines['to_do']}"


def test_a_missing_file(tmp_path: Path) -> None:
    assert "There is no" in refused(tmp_path / "nope.eml")


def test_no_file_at_all() -> None:
    assert run(None, "mail", "explain").code == 2


def test_an_address_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(mail("Rye."))
    assert "no address" in refused(path, "--writer", "Ada")


def test_mbox_and_text_at_once(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.write_bytes(b"")
    assert "--mbox" in refused(path, "--mbox", "--text")


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("id,title\na,b\n", "sent_at"),
        ("id,title,sent_at\n,b,2026-03-02\n", "line 2"),
        ("id,title,sent_at\na,b,soon\n", "'soon'"),
        ("id,title,sent_at\na,b,2026-03-02\na,c,2026-03-02\n", "twice"),
        ('id,title,sent_at\n"a,b', "CSV"),
    ],
)
def test_posts_that_cannot_be_read(tmp_path: Path, table: str, named: str) -> None:
    path, wrong = tmp_path / "one.eml", tmp_path / "posts.csv"
    path.write_bytes(mail("Rye."))
    wrong.write_text(table, encoding="utf-8")
    assert named in refused(path, "--posts", wrong)


def test_posts_that_are_missing_or_of_another_encoding(tmp_path: Path) -> None:
    path, wrong = tmp_path / "one.eml", tmp_path / "posts.csv"
    path.write_bytes(mail("Rye."))
    assert "There is no" in refused(path, "--posts", wrong)
    wrong.write_bytes("id,title,sent_at\nä".encode("utf-16"))
    assert "UTF-8" in refused(path, "--posts", wrong)
