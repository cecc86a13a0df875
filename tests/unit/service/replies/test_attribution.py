"""The ladder from a letter to a post, rung by rung, on invented letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.replies.attribution import CONFIDENCE, Ladder, Tie
from regulars.replies.posts import PostFacts, reply_token
from regulars_connectors.mail.quoted_dates import dates_in
from regulars_connectors.mail.subjects import base_subjects
from regulars_connectors.mail.traces import Traces, links_of, runs_of

KEY = b"key"
OWN = frozenset({"ada@letters.example"})
SENT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
BREAD = "Rye makes a dark bread that keeps for a week and tastes best on day two."
TEA = "Smoked tea goes well with rain and with a book that nobody has to finish."
FRAME = "You receive this because you asked for it and it is free of charge."


def post(name: str, text: str, weeks: int, **more: object) -> PostFacts:
    facts = {
        "subjects": tuple(base_subjects(f"The {name} issue")),
        "sent_at": (SENT + timedelta(weeks=weeks)).timestamp(),
        "runs": frozenset(runs_of(f"{text} {FRAME}", KEY, 1000)),
        "links": frozenset(links_of(text)),
        "ids": frozenset({f"{name}@letters.example"}),
    }
    return PostFacts(name, **(facts | more))  # type: ignore[arg-type]


POSTS = [
    post("bread", f"{BREAD} https://letters.example/p/bread https://letters.example/about", 0),
    post("tea", f"{TEA} https://letters.example/p/tea https://letters.example/about", 1),
    post("salt", "Salt. https://letters.example/about", 2),
    post("oil", "Oil.", 3),
]


def letter(**traces: object) -> Traces:
    return Traces(**({"sent_at": (SENT + timedelta(weeks=4)).timestamp()} | traces))  # type: ignore[arg-type]


def ties(letters: Sequence[Traces], posts: Sequence[PostFacts] = POSTS, **how: object) -> list[Tie]:
    ladder = Ladder(posts, own=OWN, **how)  # type: ignore[arg-type]
    for one in letters:
        ladder.add(one)
    return ladder.ties()


def tie(**traces: object) -> tuple[str | None, int]:
    (found,) = ties([letter(**traces)])
    assert found.confidence == CONFIDENCE[found.rung]
    return found.post, found.rung


def test_rung_1_a_token_in_the_address() -> None:
    token = reply_token("Tea", b"secret")
    posts = [*POSTS, post("Tea", "x", 9, tokens=frozenset({token}))]
    to = (f"replies+{token}@letters.example",)
    (found,) = ties([letter(recipients=to, parents=("bread@letters.example",))], posts[2:])
    assert (found.post, found.rung) == ("Tea", 1)
    forged = (f"replies+{reply_token('Tea', b'another')}@letters.example",)
    assert ties([letter(recipients=forged)], posts[2:])[0].post is None


def test_rung_2_an_id_of_the_post() -> None:
    assert tie(parents=("x@y", "bread@letters.example")) == ("bread", 2)
    assert tie(returned=("bread@letters.example",)) == ("bread", 2)


def test_rung_2_of_two_posts_the_nearest() -> None:
    assert tie(parents=("bread@letters.example", "tea@letters.example")) == ("tea", 2)


def test_rung_2_a_number_in_the_id_of_a_provider() -> None:
    (found,) = ties([letter(parents=("post-42@substack.com",))], [PostFacts("42")])
    assert (found.post, found.rung) == ("42", 2)


def test_rung_2_a_copy_of_the_post_among_the_letters() -> None:
    copy = letter(
        message_id="seed@mail.example",
        subjects=("the tea issue",),
        sent_at=(SENT + timedelta(weeks=1, hours=1)).timestamp(),
    )
    ladder = Ladder(POSTS, own=OWN)
    ladder.add(letter(parents=("seed@mail.example",)))
    ladder.add(copy, is_own=True)
    assert (ladder.ties()[0].post, ladder.ties()[0].rung) == ("tea", 2)


def test_rung_3_an_answer_to_an_answer() -> None:
    first = letter(message_id="1@r", parents=("tea@letters.example",))
    second = letter(message_id="2@r", parents=("1@r",), subjects=("the bread issue",))
    third = letter(message_id="3@r", parents=("2@r",))
    for order in ([first, second, third], [third, second, first]):
        found = {one.message_id: tied for one, tied in zip(order, ties(order), strict=True)}
        assert [found[name].rung for name in ("1@r", "2@r", "3@r")] == [2, 3, 3]
        assert {one.post for one in found.values()} == {"tea"}


def test_rung_3_through_an_id_that_nobody_has() -> None:
    known = letter(message_id="1@r", parents=("gone@p",), runs=tuple(runs_of(TEA, KEY, 99)))
    other = letter(message_id="2@r", parents=("gone@p",))
    assert [(one.post, one.rung) for one in ties([known, other])] == [("tea", 5), ("tea", 3)]


def test_letters_that_name_each_other_end() -> None:
    one, two = (
        letter(message_id="1@r", parents=("2@r",)),
        letter(message_id="2@r", parents=("1@r",)),
    )
    assert [found.post for found in ties([one, two])] == [None, None]


def test_a_thread_about_two_posts_lends_neither() -> None:
    letters = [
        letter(message_id="1@r", parents=("gone@p",), runs=tuple(runs_of(TEA, KEY, 99))),
        letter(message_id="2@r", parents=("gone@p",), runs=tuple(runs_of(BREAD, KEY, 99))),
        letter(message_id="3@r", parents=("gone@p",)),
    ]
    assert ties(letters)[2].post is None


def test_rung_4_a_link_of_one_post() -> None:
    assert tie(links=tuple(links_of("https://letters.example/p/tea?utm_source=x"))) == ("tea", 4)


def test_a_link_of_all_posts_says_nothing() -> None:
    assert tie(links=tuple(links_of("https://letters.example/about"))) == (None, 10)


def test_rung_5_words_of_the_post() -> None:
    assert tie(runs=tuple(runs_of(f"{BREAD} {FRAME}", KEY, 99))) == ("bread", 5)


def test_words_of_two_posts_alike_say_nothing() -> None:
    assert tie(runs=tuple(runs_of(f"{BREAD} {TEA}", KEY, 99)))[0] is None


def test_words_of_the_frame_say_nothing() -> None:
    assert tie(runs=tuple(runs_of(FRAME, KEY, 99))) == (None, 10)


@pytest.mark.parametrize(
    "head",
    [
        "On Mon, Mar 9, 2026 at 8:31 AM Ada <ada@letters.example> wrote:",
        "Am 09.03.2026 um 08:31 schrieb Ada <ada@letters.example>:",
        "Le lun. 9 mars 2026 à 08h31, Ada <ada@letters.example> a écrit :",
        "пн, 9 мар. 2026 г. в 10:31, Ada <ada@letters.example>:",
        "2026-03-09 8:31 GMT+01:00 Ada <ada@letters.example>:",
    ],
)
def test_rung_6_the_date_above_the_quote(head: str) -> None:
    assert tie(heads=(head,)) == ("tea", 6)


def test_rung_6_needs_the_address_of_the_writer() -> None:
    assert tie(heads=("On Mon, Mar 9, 2026 at 8:31 AM Bo <bo@r.example> wrote:",))[0] is None


def test_rung_6_two_posts_of_a_day_are_told_apart_by_the_minute() -> None:
    hours = [SENT, SENT + timedelta(hours=4, minutes=10)]
    posts = [PostFacts(str(at), sent_at=one.timestamp()) for at, one in enumerate(hours)]
    head = "On Mon, Mar 2, 2026 at 12:40 PM Ada <ada@letters.example> wrote:"
    (found,) = ties([letter(heads=(head,))], posts)
    assert (found.post, found.rung) == ("1", 6)


def test_rung_7_the_subject() -> None:
    assert tie(subjects=("the tea issue",)) == ("tea", 7)


def test_rung_7_ends_after_45_days() -> None:
    late = (SENT + timedelta(weeks=1, days=46)).timestamp()
    assert tie(subjects=("the tea issue",), sent_at=late)[0] is None


def test_rungs_1_to_5_have_no_age() -> None:
    late = (SENT + timedelta(days=730)).timestamp()
    assert tie(parents=("tea@letters.example",), sent_at=late) == ("tea", 2)


def test_rung_7_of_two_posts_of_one_subject_the_newest_before_the_letter() -> None:
    posts = [post("a", "x", 0), post("b", "x", 2), post("c", "x", 6)]
    posts = [PostFacts(one.id, ("the issue",), one.sent_at) for one in posts]
    (found,) = ties([letter(subjects=("the issue",))], posts)
    assert found.post == "b"


def test_rung_8_the_topic_of_the_thread() -> None:
    assert tie(topics=("the tea issue",)) == ("tea", 8)


def test_rung_9_the_only_post_of_three_days_is_a_guess() -> None:
    soon = (SENT + timedelta(weeks=1, hours=70)).timestamp()
    assert tie(recipients=("Ada@letters.example",), sent_at=soon) == ("tea", 9)
    assert tie(recipients=("bo@r.example",), sent_at=soon) == (None, 10)


def test_a_guess_is_lent_to_nobody() -> None:
    soon = (SENT + timedelta(weeks=1, hours=70)).timestamp()
    guess = letter(message_id="1@r", recipients=("ada@letters.example",), sent_at=soon)
    answer = letter(message_id="2@r", parents=("1@r",))
    assert [one.post for one in ties([guess, answer])] == ["tea", None]


def test_rung_10_nothing() -> None:
    assert tie() == (None, 10)


@given(st.permutations(range(6)))
def test_ties_hold_in_any_order(order: list[int]) -> None:
    letters = [
        letter(message_id="0@r", parents=("tea@letters.example",)),
        letter(message_id="1@r", parents=("0@r",)),
        letter(message_id="2@r", parents=("1@r", "gone@p")),
        letter(message_id="3@r", runs=tuple(runs_of(BREAD, KEY, 99))),
        letter(message_id="4@r", parents=("3@r",)),
        letter(message_id="5@r", subjects=("the salt issue",)),
    ]
    found = ties([letters[at] for at in order])
    by_place = [found[order.index(at)] for at in range(6)]
    assert [(one.post, one.rung) for one in by_place] == [
        ("tea", 2), ("tea", 3), ("tea", 3), ("bread", 5), ("bread", 3), ("salt", 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("On Mon, Mar 9, 2026 at 8:31 PM", datetime(2026, 3, 9, 20, 31, tzinfo=UTC)),
        ("12/31/2025 12:05 AM", datetime(2025, 12, 31, 0, 5, tzinfo=UTC)),
        ("Am 09.03.2026 um 08:31 schrieb", datetime(2026, 3, 9, 8, 31, tzinfo=UTC)),
        ("9 marca 2026 08:31:07", datetime(2026, 3, 9, 8, 31, tzinfo=UTC)),
        ("2026年3月9日 8:31", datetime(2026, 3, 9, 8, 31, tzinfo=UTC)),
    ],
)
def test_dates_in_many_languages(text: str, wanted: datetime) -> None:
    assert wanted in [when for when, _ in dates_in(text)]


@pytest.mark.parametrize("text", ["", "no date", "99/99/2026 10:00", "2026", "at 10:30"])
def test_what_is_no_date(text: str) -> None:
    assert dates_in(text) == []


def test_times_below_another_letter_tell_nothing_of_posts() -> None:
    """An answer went out within hours of an issue, and is quoted with its date."""
    answered_at = SENT + timedelta(weeks=2, hours=3)
    head = f"On {answered_at:%d %b %Y, at %H:%M}, Ada <ada@letters.example> wrote:"
    asked = letter(message_id="1@x", sent_at=SENT.timestamp() - 86_400)
    answer = letter(message_id="2@x", parents=("1@x",), sent_at=answered_at.timestamp())
    thanks = letter(
        message_id="3@x",
        parents=("1@x", "2@x"),
        heads=(head,),
        recipients=("ada@letters.example",),
        sent_at=(answered_at + timedelta(hours=5)).timestamp(),
    )
    assert ties([asked, answer, thanks]) == [Tie()] * 3
    alone = letter(heads=(head,), sent_at=thanks.sent_at)
    assert ties([alone]) == [Tie("salt", 6, 0.9)]
