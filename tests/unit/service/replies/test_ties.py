"""Ties of kept letters: each rung from hashes alone, and each letter once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.letters_folder import letter
from support.tied_store import KEY, NAME, WRITER, TiedStore, read_letters

from regulars.replies.posts import reply_token
from regulars.settings import PublicationSettings
from regulars.settings.letters import LettersSettings

QUOTE = "> Rye makes a dark bread that keeps for a week\n> and tastes best on day two."


def publication(name: str = NAME, **letters: Any) -> PublicationSettings:
    kept = LettersSettings(**{"addresses": (WRITER,)} | letters)
    return PublicationSettings(name=name, letters=kept)


def one_tie(store: TiedStore, *raws: bytes, **letters: Any) -> tuple[Any, ...]:
    """Post and rung of the first of these mails."""
    store.put_letters(read_letters(raws))
    assert store.tie(publication(**letters))
    tie = store.ties()["1@mail.example"]
    return tie["post_id"], tie["rung"]


def unlike(number: int = 1, **more: Any) -> bytes:
    """A mail whose subject says nothing, long after both posts."""
    given = {"subject": "Hello", "Date": "10 Jun 2026 10:00:00 +0000"} | more
    return letter(number, **given)


def test_rung_1_the_token_of_a_post(store: TiedStore) -> None:
    to = f"ada+{reply_token('p1', KEY)}@letters.example"
    assert one_tie(store, unlike(to=to)) == ("p1", 1)


def test_rung_1_a_forged_token(store: TiedStore) -> None:
    to = f"ada+{reply_token('p1', b'another')}@letters.example"
    assert one_tie(store, unlike(to=to)) == (None, 10)


def test_rung_2_the_id_of_a_post(store: TiedStore) -> None:
    assert one_tie(store, unlike(References="<x@y> <p1@mail.letters.example>")) == ("p1", 2)


def test_rung_2_a_copy_of_the_issue_among_the_letters(store: TiedStore) -> None:
    copy = letter(
        9, WRITER, "Tea in the rain", to=WRITER, Date="8 Mar 2026 08:01:00 +0000", List_Id="<l.x>"
    )
    assert one_tie(store, unlike(In_Reply_To="<9@mail.example>"), copy) == ("p2", 2)


def test_rung_3_the_answer_to_an_answer(store: TiedStore) -> None:
    answer = letter(8, WRITER, "Hello", to="mara@example.org", In_Reply_To="<7@mail.example>")
    first = letter(7, In_Reply_To="<p1@mail.letters.example>")
    assert one_tie(store, unlike(In_Reply_To="<8@mail.example>"), answer, first) == ("p1", 3)


def test_rung_4_the_link_of_a_post(store: TiedStore) -> None:
    text = "Nice.\n\n> Read it at https://letters.example/p/bread?utm_source=mail"
    assert one_tie(store, unlike(text=text)) == ("p1", 4)


def test_rung_5_words_of_a_post(store: TiedStore) -> None:
    assert one_tie(store, unlike(text=f"Nice.\n\n{QUOTE}")) == ("p1", 5)


def test_rung_6_the_date_above_a_quote(store: TiedStore) -> None:
    text = f"Nice.\n\nOn Sun, 8 Mar 2026 at 09:00, Ada <{WRITER}> wrote:\n> Well."
    assert one_tie(store, unlike(text=text)) == ("p2", 6)


def test_rung_7_the_subject(store: TiedStore) -> None:
    assert one_tie(store, letter(1, subject="AW: Bread and salt")) == ("p1", 7)


def test_rung_8_the_topic(store: TiedStore) -> None:
    assert one_tie(store, letter(1, subject="Hm", Thread_Topic="Bread and salt")) == ("p1", 8)


def test_rung_9_the_only_issue_of_three_days(store: TiedStore) -> None:
    assert one_tie(store, letter(1, subject="Hello", day=9)) == ("p2", 9)
    assert store.replies() == [("p2", "per_mara", 0)]


def test_rung_10_nothing(store: TiedStore) -> None:
    assert one_tie(store, unlike()) == (None, 10)
    assert store.replies() == [(None, "per_mara", 0)]


def test_an_issue_two_years_old(store: TiedStore) -> None:
    old = letter(1, text=f"Late.\n\n{QUOTE}", Date="2 Mar 2028 10:00:00 +0000")
    assert one_tie(store, old) == ("p1", 5)


def test_a_subject_two_years_old_says_nothing(store: TiedStore) -> None:
    assert one_tie(store, letter(1, Date="2 Mar 2028 10:00:00 +0000")) == (None, 10)


def test_an_answer_to_an_out_of_office(store: TiedStore) -> None:
    """A person answers a machine's notice: a letter that says nothing of a post."""
    raw = unlike(subject="Re: Ada is out of the office", to=WRITER)
    assert one_tie(store, raw) == (None, 10)
    assert store.ties()["1@mail.example"]["kind"] == "human"


def test_a_welcome_mail(store: TiedStore) -> None:
    raw = letter(1, subject="Re: Say hello", text="Hello! I bake.", day=2)
    assert one_tie(store, raw, other_mails=("Say hello",)) == (None, 7)
    assert store.ties()["1@mail.example"]["is_other"]
    assert store.replies() == [(None, "per_mara", 0)]


def test_a_contest(store: TiedStore) -> None:
    """The same words from thirty people are thirty replies."""
    raws = [letter(at, f"r{at}@example.org", text="YES") for at in range(30)]
    for at in range(30):
        store.put_person(f"r{at}", f"r{at}@example.org")
    store.put_letters(read_letters(raws))
    store.tie(publication())
    assert {one["same_as"] for one in store.ties().values()} == {None}
    assert len(store.replies()) == 30


def test_50_letters_of_one_person_in_a_day(store: TiedStore) -> None:
    raws = [letter(at, text=f"Number {at} of them.") for at in range(50)]
    store.put_letters(read_letters(raws))
    store.tie(publication())
    assert len(store.ties()) == 50
    assert store.replies() == [("p1", "per_mara", 1)]


def test_a_loop_of_machines(store: TiedStore) -> None:
    raws = [
        letter(at, In_Reply_To=f"<{at - 1}@mail.example>", Auto_Submitted="auto-replied")
        for at in range(1, 60)
    ]
    store.put_letters(read_letters(raws))
    store.tie(publication())
    assert {one["kind"] for one in store.ties().values()} == {"auto_reply"}
    assert store.replies() == []


def test_one_letter_in_three_folders_and_two_connections(store: TiedStore) -> None:
    for connection, shown in (("inbox", {}), ("archive", {}), ("junk", {"is_junk": True})):
        store.put_letters(read_letters([letter(1)], **shown), connection=connection)
    assert store.tie(publication())
    assert len(store.ties()) == 1
    ((count,),) = store.connection.execute("SELECT count(*) FROM letter_ties").fetchall()
    assert count == 1
    assert store.replies() == [("p1", "per_mara", 1)]


def test_two_publications_in_one_mailbox(store: TiedStore) -> None:
    """A letter belongs to the publication whose post it answers, else to whom it was sent."""
    other, address = "recipes", "leo@recipes.example"
    store.put_post("r1", "Soup", 1, publication=other, connection="kitchen")
    store.put_person("mara2", "mara@example.org", publication=other, connection="kitchen")
    raws = [letter(1), letter(2, subject="Re: Soup", to=address), unlike(3, to=address)]
    store.put_letters(read_letters(raws))
    store.put_letters(
        read_letters(raws, own=[address]), publication=other, connection="kitchen-inbox"
    )
    assert store.tie(publication())
    assert store.tie(publication(other, addresses=(address,)))
    assert store.replies() == [("p1", "per_mara", 1)]
    assert store.replies(other) == [("r1", "per_mara2", 1), (None, "per_mara2", 0)]


def test_list_mail_is_settled_by_the_tie(store: TiedStore) -> None:
    tied = letter(1, List_Id="<readers.example.org>")
    untied = unlike(2, List_Id="<readers.example.org>")
    store.put_letters(read_letters([tied, untied]))
    store.tie(publication())
    kinds = {name: one["kind"] for name, one in store.ties().items()}
    assert kinds == {"1@mail.example": "human", "2@mail.example": "list_mail"}


def test_the_same_words_within_a_day_are_one_reply(store: TiedStore) -> None:
    raws = [letter(1), letter(2, Date="2 Mar 2026 20:00:00 +0000"), letter(3, day=4)]
    store.put_letters(read_letters(raws))
    store.tie(publication())
    ties = store.ties()
    assert ties["2@mail.example"]["same_as"] == ties["1@mail.example"]["letter_id"]
    assert ties["3@mail.example"]["same_as"] is None


def test_the_same_thanks_for_two_issues_are_two_replies(store: TiedStore) -> None:
    raws = [
        letter(1, text="Thank you!", day=9),
        letter(2, subject="Re: Tea in the rain", text="Thank you!", day=9),
    ]
    store.put_letters(read_letters(raws))
    store.tie(publication())
    assert store.replies() == [("p1", "per_mara", 1), ("p2", "per_mara", 1)]


def test_a_later_post_takes_no_tie_away(store: TiedStore) -> None:
    """Neither by the same words, nor by a link or a date that would fit both."""
    quoted = f"Nice.\n\nOn 1 Mar 2026 {WRITER} wrote:\n> Well."
    raws = [
        unlike(1, text=f"Nice.\n\n{QUOTE}", Date="3 Mar 2026 10:00:00 +0000"),
        unlike(2, text=quoted, to="list@example.org", Date="1 Mar 2026 09:00:00 +0000"),
        unlike(
            3,
            text="Nice.\n\n> https://letters.example/p/bread",
            Date="3 Mar 2026 10:00:00 +0000",
        ),
    ]
    store.put_letters(read_letters(raws))
    store.tie(publication())
    before = store.ties()
    assert [one["post_id"] for one in before.values()] == ["p1", "p1", "p1"]
    again = QUOTE.replace("> ", "")
    for at in range(4):
        link = "https://letters.example/p/bread"
        store.put_post(f"later{at}", "Bread and salt", 30 + at, text=again, web_url=link)
    store.put_post("next", "Salt", 1.08)
    assert store.tie(publication())
    assert store.ties() == before


def test_nothing_changed_makes_nothing(store: TiedStore) -> None:
    assert not store.tie(publication())
    store.put_letters(read_letters([letter(1)]))
    assert store.tie(publication())
    assert not store.tie(publication())
    assert store.tie(publication(other_mails=("Say hello",)))
    assert not store.tie(publication(other_mails=("Say hello",)))


def test_what_they_are_not_made_of_makes_nothing(store: TiedStore) -> None:
    store.put_letters(read_letters([letter(1)]))
    assert store.tie(publication())
    store.entry += 1
    store.journal.tables[store.entry] = "counters"
    assert not store.tie(publication())
    made = store.connection.execute("SELECT entry FROM letters_made").fetchall()
    assert made == [(store.entry,)]
    store.put_person("s9", "nine@example.org")
    assert store.tie(publication())


def test_ties_go_with_the_last_letter(store: TiedStore) -> None:
    store.put_letters(read_letters([letter(1)]))
    store.tie(publication())
    store.connection.execute("DELETE FROM letters")
    assert store.tie(publication())
    assert not store.ties()
    assert not store.tie(publication())


MANY = [
    letter(1, In_Reply_To="<p1@mail.letters.example>"),
    letter(2, WRITER, "Hello", "Rye.", to="mara@example.org", In_Reply_To="<1@mail.example>"),
    unlike(3, In_Reply_To="<2@mail.example>", text="Thanks!"),
    letter(4, "bo@gmail.com", "Re: Tea in the rain", "Smoke!", day=9),
    letter(5, "bo+x@gmail.com", "Re: Tea in the rain", "Smoke!", day=9),
    unlike(6, sender="who@else.example", text=f"Oh.\n\n{QUOTE}", References="<gone@x>"),
    unlike(7, sender="who@else.example", text="And this.", References="<gone@x>"),
    letter(8, WRITER, "Tea in the rain", to=WRITER, Date="8 Mar 2026 08:01:00 +0000"),
    unlike(9, sender="finn@example.org", In_Reply_To="<8@mail.example>"),
]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
@pytest.mark.long
def test_any_order_of_letters_and_syncs_gives_the_same_ties(
    store: TiedStore, order: random.Random, syncs: int
) -> None:
    letters = read_letters(MANY)

    def made(parts: list[list[Any]]) -> dict[str, Any]:
        for table in ("letters", "letter_ties", "letters_made"):
            store.connection.execute(f"DELETE FROM {table}")
        for part in parts:
            store.put_letters(part)
            store.tie(publication())
        return store.ties()

    at_once = made([letters])
    assert len(at_once) == len(MANY)
    order.shuffle(letters)
    assert made([letters[at::syncs] for at in range(syncs)]) == at_once


@pytest.mark.parametrize("wanted", [1, 730])
def test_words_of_letters_are_not_kept_yet(wanted: int) -> None:
    with pytest.raises(ValueError, match="must be 0: this version keeps no words"):
        LettersSettings(keep_text_days=wanted)
