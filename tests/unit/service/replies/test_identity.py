"""Who wrote a letter, worked out from hashes of addresses."""

from __future__ import annotations

from typing import Any

import pytest
from support.letters_folder import letter
from support.tied_store import NAME, WRITER, TiedStore, read_letters

from regulars.settings import PublicationSettings
from regulars.settings.letters import LettersSettings

PUBLICATION = PublicationSettings(name=NAME, letters=LettersSettings(addresses=(WRITER,)))


def whose(store: TiedStore, *raws: bytes) -> tuple[Any, ...]:
    """The person of the first mail, and how they are known."""
    store.put_letters(read_letters(raws))
    store.tie(PUBLICATION)
    tie = store.ties()["1@mail.example"]
    return tie["person_id"], tie["known_by"]


def quoting(address: str, sender: str, number: int = 1, **more: str) -> bytes:
    text = (
        f"Thank you.\n\n-----Original Message-----\nFrom: Ada <{WRITER}>\n"
        f"Sent: Sunday, March 1, 2026 9:00 AM\nTo: {address}\nSubject: Bread and salt\n\nHello"
    )
    return letter(number, sender, text=text, **more)


@pytest.mark.parametrize(
    "sender", ["mara@example.org", "Mara <MARA@Example.ORG>", "mara@EXAMPLE.org"]
)
def test_the_address_in_any_spelling(store: TiedStore, sender: str) -> None:
    assert whose(store, letter(1, sender)) == ("per_mara", "address")


def test_an_address_whose_domain_has_two_spellings(store: TiedStore) -> None:
    store.put_person("kim", "kim@bücher.example")
    assert whose(store, letter(1, "kim@xn--bcher-kva.example")) == ("per_kim", "address")


@pytest.mark.parametrize(
    "sender", ["bo@gmail.com", "b.o@googlemail.com", "bo+news@gmail.com", "B.O+x@GoogleMail.com"]
)
def test_an_alias_at_a_provider_known_for_it(store: TiedStore, sender: str) -> None:
    assert whose(store, letter(1, sender)) == ("per_bo", "canonical")


def test_an_alias_whose_base_subscribed(store: TiedStore) -> None:
    assert whose(store, letter(1, "mara+list@example.org")) == ("per_mara", "canonical")


def test_the_base_of_an_alias_elsewhere_is_another(store: TiedStore) -> None:
    store.put_person("kim", "kim+letters@example.org")
    assert whose(store, letter(1, "kim@example.org")) == (None, None)


def test_an_alias_of_two_people_is_nobody(store: TiedStore) -> None:
    store.put_person("one", "kim+1@gmail.com")
    store.put_person("two", "kim+2@gmail.com")
    assert whose(store, letter(1, "kim@gmail.com")) == (None, None)


def test_dots_tell_people_apart_elsewhere(store: TiedStore) -> None:
    assert whose(store, letter(1, "m.ara@example.org")) == (None, None)


def test_a_relay(store: TiedStore) -> None:
    """Each address of a relay is a person of its own."""
    for name in ("x1", "x2"):
        store.put_person(name, f"{name}@privaterelay.appleid.com")
    assert whose(store, letter(1, "x2@privaterelay.appleid.com")) == ("per_x2", "address")


def test_a_relay_that_nobody_subscribed_with(store: TiedStore) -> None:
    store.put_person("x1", "x1@privaterelay.appleid.com")
    assert whose(store, letter(1, "x9@privaterelay.appleid.com")) == (None, None)


def test_another_address_in_the_conversation(store: TiedStore) -> None:
    """It is a second participant, whatever thread it answers in."""
    raws = letter(1, "friend@example.org", In_Reply_To="<2@mail.example>"), letter(2)
    assert whose(store, *raws) == (None, None)
    ties = store.ties()
    conversations = [one["conversation"] for one in ties.values()]
    assert len(set(conversations)) == 2


def test_another_address_that_quotes_the_one_that_subscribed(store: TiedStore) -> None:
    raw = quoting("mara@example.org", "mara@work.example", In_Reply_To="<2@mail.example>")
    assert whose(store, raw, letter(2)) == ("per_mara", "conversation")
    ties = store.ties()
    assert len({one["conversation"] for one in ties.values()}) == 1


def test_an_answer_to_another_address_stays_in_the_conversation(store: TiedStore) -> None:
    """So does what the reader writes from there without quoting anything."""
    first = quoting("mara@example.org", "mara@work.example")
    answer = letter(
        2, WRITER, to="mara@work.example", text="Rye.", day=5, In_Reply_To="<1@mail.example>"
    )
    later = letter(3, "mara@work.example", text="So?", day=6, In_Reply_To="<2@mail.example>")
    assert whose(store, later, answer, first) == ("per_mara", "quoted")
    ties = store.ties()
    assert [ties[f"{n}@mail.example"]["known_by"] for n in (2, 3)] == ["conversation"] * 2
    assert len({one["conversation"] for one in ties.values()}) == 1


def test_the_same_address_in_another_thread_is_still_unknown(store: TiedStore) -> None:
    raws = quoting("mara@example.org", "family@work.example"), letter(4, "family@work.example")
    assert whose(store, *raws) == ("per_mara", "quoted")
    assert store.ties()["4@mail.example"]["person_id"] is None


def test_a_forwarded_issue_names_who_subscribed(store: TiedStore) -> None:
    assert whose(store, quoting("mara@example.org", "m@work.example")) == ("per_mara", "quoted")


def test_a_quote_that_names_two_readers_names_nobody(store: TiedStore) -> None:
    raw = quoting("mara@example.org; finn@example.org", "m@work.example")
    assert whose(store, raw) == (None, None)


def test_the_own_address_goes_before_the_quoted_one(store: TiedStore) -> None:
    assert whose(store, quoting("mara@example.org", "finn@example.org")) == ("per_finn", "address")


def test_whoever_subscribes_later_has_their_letters(store: TiedStore) -> None:
    assert whose(store, letter(1, "kim@example.org")) == (None, None)
    store.put_person("kim", "Kim@Example.org")
    assert store.tie(PUBLICATION)
    assert store.ties()["1@mail.example"]["person_id"] == "per_kim"


def test_people_of_another_publication_are_unknown(store: TiedStore) -> None:
    store.put_person("kim", "kim@example.org", publication="recipes", connection="kitchen")
    assert whose(store, letter(1, "kim@example.org")) == (None, None)


def test_one_person_with_two_issues_has_two_conversations(store: TiedStore) -> None:
    raws = letter(1), letter(2, subject="Re: Tea in the rain", text="Smoke.", day=9)
    assert whose(store, *raws) == ("per_mara", "address")
    assert len({one["conversation"] for one in store.ties().values()}) == 2


def conversations(store: TiedStore, *raws: bytes) -> list[tuple[Any, Any]]:
    """Person and conversation of each mail, in their order."""
    store.put_letters(read_letters(raws))
    store.tie(PUBLICATION)
    ties = store.ties()
    found = [ties[f"{at}@mail.example"] for at in range(1, len(raws) + 1)]
    return [(tie["person_id"], tie["conversation"]) for tie in found]


def answer(number: int, to: str, parents: str, subject: str = "Re: Bread and salt") -> bytes:
    return letter(number, WRITER, subject, "Rye.", to=to, day=3, References=parents)


def test_an_answer_to_another_address_of_a_reader_stays_in_the_conversation(
    store: TiedStore,
) -> None:
    asked = letter(1, "mara@example.org", Reply_To="mara@work.example")
    found = conversations(store, asked, answer(2, "mara@work.example", "<1@mail.example>"))
    assert found[0][0] == "per_mara"
    assert found[1] == found[0]


def test_an_answer_to_a_stranger_at_another_address_stays_there_too(store: TiedStore) -> None:
    found = conversations(
        store, letter(1, "a@work.example"), answer(2, "b@home.example", "<1@mail.example>")
    )
    assert found[0][0] is None
    assert found[1] == found[0]


def test_a_letter_passed_on_answers_nobody(store: TiedStore) -> None:
    asked, told = conversations(
        store,
        letter(1, "mara@example.org"),
        answer(2, "expert@x.example", "<1@mail.example>", "Fwd: Bread and salt"),
    )
    assert told[0] is None
    assert told[1] != asked[1]


def test_what_the_writer_sends_to_another_subscriber_is_theirs(store: TiedStore) -> None:
    asked, told = conversations(
        store, letter(1, "mara@example.org"), answer(2, "finn@example.org", "<1@mail.example>")
    )
    assert (asked[0], told[0]) == ("per_mara", "per_finn")


def test_an_address_that_a_quote_made_known_stays_known_in_its_thread(store: TiedStore) -> None:
    found = conversations(
        store,
        quoting("mara@example.org", "mara@work.example"),
        answer(2, "mara@work.example", "<1@mail.example>"),
        letter(3, "mara@work.example", text="Thanks!", day=4, References="<2@mail.example>"),
    )
    assert [person for person, _ in found] == ["per_mara"] * 3
    assert len({conversation for _, conversation in found}) == 1


def test_a_guessed_post_parts_no_letter_from_its_answer(store: TiedStore) -> None:
    """The first letter came soon after an issue and names none, so its post is a guess."""
    asked, told = conversations(
        store,
        letter(1, subject="Flour"),
        answer(2, "mara@example.org", "<1@mail.example>", "Re: Flour"),
    )
    assert store.ties()["1@mail.example"]["rung"] == 9
    assert told == asked
