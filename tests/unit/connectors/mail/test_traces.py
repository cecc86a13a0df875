"""Subjects, links and runs of words, as they are compared; mails of a file of many."""

from __future__ import annotations

import io

import pytest

from regulars_connectors.mail.limits import MIB, MOST_PARSED
from regulars_connectors.mail.mbox import mails
from regulars_connectors.mail.reading import asks, count_words
from regulars_connectors.mail.subjects import base_subjects, has_forward_prefix, has_reply_prefix
from regulars_connectors.mail.traces import links_of, plain_link, runs_of


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("Re: Bread", ["bread"]),
        ("RE: Fwd: AW[2]: [letters] Bread (fwd)", ["bread"]),
        ("Re(3): Re^2: Bread", ["bread"]),
        ("回复：Bread", ["bread"]),
        ("Sv: Odp: Antw: Bread", ["bread"]),
        ("🍞 Bread — it’s “rye” …", ['bread - it\'s "rye" ...']),
        ("Oven (was: Re: Bread)", ["oven", "bread"]),
        ("[a tag that is far longer than thirty signs] Bread", None),
        ("[Bread]", ["[bread]"]),
        ("Recipe: Bread", ["recipe: bread"]),
        ("", []),
    ],
)
def test_base_subjects(subject: str, wanted: list[str] | None) -> None:
    assert base_subjects(subject) == (wanted if wanted is not None else [subject.casefold()])


def test_prefixes() -> None:
    assert has_reply_prefix("[letters] AW: Brot")
    assert not has_reply_prefix("Rebus: Brot")
    assert has_forward_prefix("WG: Brot")
    assert not has_forward_prefix("Re: Brot")


def test_links_are_compared_without_what_counts_readers() -> None:
    text = "See https://www.Letters.example/bread/?utm_source=x&id=7#top, and (http://b.example/a)."
    assert links_of(text, ["https://c.example/"]) == [
        "letters.example/bread?id=7",
        "b.example/a",
        "c.example",
    ]
    assert plain_link("https://letters.example/p/bread?r=abc") == "letters.example/p/bread"


def test_runs_of_words_ignore_case_and_signs_and_need_the_key() -> None:
    one = runs_of("Rye makes a dark bread, and spelt.", b"k", 100)
    assert one == runs_of("rye MAKES a dark -- bread and spelt", b"k", 100)
    assert len(one) == 3
    assert not set(one) & set(runs_of("Rye makes a dark bread, and spelt.", b"other", 100))
    assert runs_of("four words are few", b"k", 100) == []


def test_words_are_counted_in_scripts_with_and_without_blanks() -> None:
    assert count_words("Rye, spelt - and 3 ovens!") == 5
    assert count_words("パンを焼きます。") == 4
    assert count_words("Грибы и хлеб") == 3
    assert count_words("") == 0


def test_a_question_mark_in_a_link_asks_nothing() -> None:
    assert asks("Which flour?")
    assert asks("どの粉？")
    assert not asks("See https://b.example/a?b=1")


ONE = b"From a@b.example Mon Mar  2 09:30:00 2026\nSubject: one\n\nFirst.\n>From here on.\n"
TWO = b"From a@b.example Mon Mar  2 09:31:00 2026\r\nSubject: two\r\n\r\nSecond.\r\n"


@pytest.mark.parametrize("size", [1, 7, 40, MIB])
def test_mails_of_an_mbox(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read at once: a mark may lie across two reads."""

    class Slow(io.BytesIO):
        def read(self, most: int | None = -1, /) -> bytes:
            return super().read(size)

    found = list(mails(Slow(ONE + b"\n" + TWO + b"\r\n" + ONE)))
    first = b"Subject: one\n\nFirst.\nFrom here on."
    assert [one.rstrip() for one in found] == [first, TWO.split(b"\n", 1)[1].rstrip(), first]


def test_a_line_from_without_a_blank_line_before_is_text() -> None:
    assert len(list(mails(io.BytesIO(ONE + b"From here on it rains.\n")))) == 1


def test_an_empty_mbox_has_no_mails() -> None:
    assert list(mails(io.BytesIO(b""))) == []


def test_of_a_long_mail_the_first_mebibyte_is_kept() -> None:
    found = list(mails(io.BytesIO(ONE + b"a" * (3 * MIB) + b"\n\n" + TWO)))
    assert len(found) == 2
    assert len(found[0]) <= MOST_PARSED + 1
    assert found[1].startswith(b"Subject: two")
