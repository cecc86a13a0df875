"""Which mails belong to a conversation, by their heads alone."""

from __future__ import annotations

from typing import Any

import pytest
from support.letters_folder import letter
from support.tied_store import KEY, NAME, WRITER, TiedStore, read_letters

from regulars.replies.correspondence import StoredCorrespondence
from regulars.settings import PublicationSettings
from regulars.settings.letters import LettersSettings
from regulars_connectors.correspondence import MailHead
from regulars_connectors.mail.letters import head_of

PRIVATE = {"sender": "bank@bank.example", "subject": "Your statement"}


def lent(store: TiedStore, **letters: Any) -> StoredCorrespondence:
    kept = LettersSettings(**{"addresses": (WRITER,)} | letters)
    return StoredCorrespondence(store, PublicationSettings(name=NAME, letters=kept))  # type: ignore[arg-type]


def asks(store: TiedStore, *raws: bytes, **letters: Any) -> list[bool]:
    return list(lent(store, **letters).asks([head_of(raw) for raw in raws]))


def test_the_key_is_no_secret_of_the_store(store: TiedStore) -> None:
    assert lent(store).key == KEY != store.secret
    assert lent(store).addresses == {WRITER}


def test_a_mail_that_names_a_known_parent(store: TiedStore) -> None:
    raw = letter(1, **PRIVATE, to="x@y.example", References="<p1@mail.letters.example> <z@z>")
    assert asks(store, raw) == [True]


def test_the_number_of_a_post_at_substack(store: TiedStore) -> None:
    raw = letter(1, **PRIVATE, to="x@y.example", References="<post-p2@substack.com>")
    assert asks(store, raw) == [True]


@pytest.mark.parametrize(
    ("sender", "to", "is_asked"),
    [
        ("mara@example.org", "group@example.org", True),
        ("B.o@GMAIL.com", "group@example.org", True),
        ("stranger@example.org", WRITER, True),
        ("stranger@example.org", f"ADA+p1.abcdefgh@letters.example, x <{WRITER}>", True),
        ("stranger@example.org", "ada+p1.abcdefgh@Letters.example", True),
        (WRITER, "stranger@example.org", True),
        ("stranger@example.org", "group@example.org", False),
    ],
)
def test_the_subject_of_a_post(store: TiedStore, sender: str, to: str, *, is_asked: bool) -> None:
    assert asks(store, letter(1, sender, "AW: Bread and salt", to=to)) == [is_asked]


def test_the_subject_of_a_draft_is_none(store: TiedStore) -> None:
    store.put_post("p3", "Plans", status="draft")
    assert asks(store, letter(1, subject="Re: Plans")) == [False]


def test_the_subject_of_another_mail(store: TiedStore) -> None:
    raw = letter(1, subject="Re: Say hello")
    assert asks(store, raw) == [False]
    assert asks(store, raw, other_mails=("Say hello",)) == [True]


def test_a_private_mail_from_a_subscriber_stays_private(store: TiedStore) -> None:
    assert asks(store, letter(1, subject="Dinner on Friday")) == [False]


def test_a_mailbox_for_the_newsletter_alone(store: TiedStore) -> None:
    mails = letter(1, **PRIVATE), letter(2, **PRIVATE, to="other@letters.example")
    assert asks(store, *mails) == [False, False]
    assert asks(store, *mails, only_newsletter=True) == [True, False]


def test_what_was_asked_for_is_known_in_the_same_run(store: TiedStore) -> None:
    ours = lent(store)
    answer = letter(2, WRITER, "Hm", to="mara@example.org", In_Reply_To="<1@mail.example>")
    again = letter(3, "mara@work.example", "Hm", to="x@y.example", In_Reply_To="<2@mail.example>")
    assert list(ours.asks([head_of(again)])) == [False]
    assert list(ours.asks([head_of(letter(1))])) == [True]
    assert list(ours.asks([head_of(answer), head_of(again)])) == [True, True]


def test_a_letter_of_an_earlier_run_is_known(store: TiedStore) -> None:
    store.put_letters(read_letters([letter(1)]))
    raw = letter(2, **PRIVATE, to="x@y.example", In_Reply_To="<1@mail.example>")
    assert asks(store, raw) == [True]


def test_a_mail_without_a_sender_and_without_ids(store: TiedStore) -> None:
    assert list(lent(store).asks([MailHead()])) == [False]
    assert list(lent(store).asks([])) == []


def test_which_letters_are_kept(store: TiedStore) -> None:
    answer = letter(2, WRITER, "Hm", to="mara@example.org", In_Reply_To="<1@mail.example>")
    store.put_letters(read_letters([letter(1), answer], is_answered=False))
    store.put_letters(read_letters([letter(3)], is_answered=True))
    ids = [f"{number}@mail.example" for number in (1, 2, 3, 4)]
    assert list(lent(store).kept(ids)) == ["waiting", "answered", "answered", "no"]
