"""How right the reading of mail is, on open mails. Each row says what was left out.

The goals are those of the project. Where mails are missing, a row judges what is here: a share of
the goal.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec
import pytest
from support import mail_corpora as corpora
from support.ham_threads import Threads, threads, without_list_headers
from support.machine_mails import machine_mails

from regulars.replies.attribution import Ladder, Tie
from regulars.replies.posts import PostFacts
from regulars_connectors.mail.classify import OF_PEOPLE
from regulars_connectors.mail.html_text import html_text
from regulars_connectors.mail.own_words import OwnWords, own_words
from regulars_connectors.mail.reading import Reading, Request, Setup, read
from regulars_connectors.mail.traces import Traces, links_of, runs_of

pytestmark = [pytest.mark.long]

SETUP = Setup(key=b"k")


@pytest.fixture
def row(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Lines of the table, printed whatever is captured."""
    lines: list[str] = []
    yield lines
    with capsys.disabled():
        print("", *lines, sep="\n")


def say(row: list[str], what: str, found: int, of: int, goal: str, left_out: list[str]) -> None:
    without = f"; left out, for want of it: {', '.join(left_out)}" if left_out else ""
    row.append(f"{what}: {found} of {of} (goal {goal}){without}")


def answers_of(words: OwnWords) -> set[str]:
    return {corpora.fold(words.text), corpora.fold(f"{words.text}\n{words.signature}")}


def likeness(one: str, other: str) -> float:
    """F1 of the words of two texts."""
    first, second = Counter(one.split()), Counter(other.split())
    both = sum((first & second).values())
    return 2 * both / (first.total() + second.total()) if first or second else 1.0


def test_own_words(row: list[str]) -> None:
    expected: dict[str, set[str]] = defaultdict(set)
    for case in corpora.text_cases():
        expected[case.given.replace("\r\n", "\n")].add(corpora.fold(case.expected))
    right = sum(bool(answers_of(own_words(given)) & wanted) for given, wanted in expected.items())
    without = corpora.missing(*corpora.TEXT_SETS, "unquotemail", "talon", "quotequail")
    say(row, "own words", right, len(expected), "164 of 186", without)
    if not without:
        assert len(expected) == 186
    assert right >= len(expected) * 164 / 186


def test_html(row: list[str]) -> None:
    cases = corpora.html_cases()
    likenesses = [
        max(likeness(corpora.fold(case.expected), one) for one in answers_of(words))
        for case in cases
        for words in [own_words(html_text(case.given).text)]
    ]
    right = sum(one >= 0.9 for one in likenesses)
    without = corpora.missing("talon", "quotequail")
    say(row, "HTML, word-F1 at least 0.9", right, len(cases), "38 of 41", without)
    assert without or len(cases) == 41
    assert right >= len(cases) * 38 / 41


def test_forwards(row: list[str]) -> None:
    cases = corpora.forwards()
    right = sum(corpora.fold(one.expected) in answers_of(own_words(one.given)) for one in cases)
    without = corpora.missing("crisp-forward")
    say(row, "nothing but own words in forwards", right, len(cases), "150 of 180", without)
    assert without or len(cases) == 180
    assert right >= len(cases) * 150 / 180


def test_machines_are_never_people(row: list[str]) -> None:
    known = [(name, raw) for name, raw, label in corpora.labelled() if label not in OF_PEOPLE]
    mails = known + [(one.name, one.raw) for one in machine_mails()]
    taken = [name for name, raw in mails if read(Request(raw), SETUP).kind in OF_PEOPLE]
    without = corpora.missing("flanker", "ruby-mail")
    say(row, "machines taken for a person", len(taken), len(mails), "0 of 78", without)
    assert not taken
    assert without or len(mails) == 78


def test_labels_are_met() -> None:
    wrong = [
        (name, label, found)
        for name, raw, label in corpora.labelled()
        if (found := read(Request(raw), SETUP).kind) != label
    ]
    assert not wrong


@pytest.fixture(scope="module")
def ham() -> tuple[list[Reading], Threads]:
    """The mails of easy-ham-1 as they are read without what lists add, and their threads."""
    raws = [without_list_headers(raw) for raw in corpora.ham()]
    return [read(Request(raw), SETUP) for raw in raws], threads(raws)


def left_out(mails: tuple[list[Reading], Threads]) -> list[str]:
    return [] if mails[0] else ["easy-ham-1 (scripts/install-mail-parts)"]


def test_people_are_no_machines(row: list[str], ham: tuple[list[Reading], Threads]) -> None:
    readings, known = ham
    taken = [at for at in known.answers if readings[at].kind not in OF_PEOPLE]
    say(row, "people taken for a machine", len(taken), len(known.answers), "1", left_out(ham))
    assert left_out(ham) or len(known.answers) == 1266
    assert len(taken) <= 1


def post_of(at: int, reading: Reading, *, has_ids: bool) -> PostFacts:
    text = f"{reading.text}\n{reading.signature}"
    return PostFacts(
        str(at),
        reading.traces.subjects,
        reading.traces.sent_at,
        frozenset(runs_of(text, SETUP.key, 20_000)),
        frozenset(links_of(text)),
        frozenset({reading.traces.message_id}) if has_ids else frozenset(),
    )


def ties_of(mails: tuple[list[Reading], Threads], *, has_ids: bool) -> dict[int, Tie]:
    """The tie of each mail that is no start; the starts are the posts."""
    readings, known = mails
    starts = sorted(set(known.start_of.values()))
    ladder = Ladder([post_of(at, readings[at], has_ids=has_ids) for at in starts])
    letters = [at for at in range(len(readings)) if at not in set(starts)]
    for at in letters:
        ladder.add(readings[at].traces if has_ids else without_ids(readings[at].traces))
    return dict(zip(letters, ladder.ties(), strict=True))


def without_ids(traces: Traces) -> Traces:
    return msgspec.structs.replace(traces, message_id="", parents=(), returned=())


def test_ties_with_ids(row: list[str], ham: tuple[list[Reading], Threads]) -> None:
    ties, truth = ties_of(ham, has_ids=True), ham[1].start_of
    right = sum(ties[at].post == str(start) for at, start in truth.items())
    say(row, "tied right, with ids", right, len(truth), "568, all", left_out(ham))
    assert right == len(truth)
    assert left_out(ham) or right >= 568


def test_ties_without_ids(row: list[str], ham: tuple[list[Reading], Threads]) -> None:
    ties, known = ties_of(ham, has_ids=False), ham[1]
    tied = [at for at in known.start_of if ties[at].post is not None]
    right = {at for at in tied if ties[at].post == str(known.start_of[at])}
    direct = [at for at in known.direct if at in right]
    say(row, "tied right, without ids", len(right), len(tied), "97 %", left_out(ham))
    say(row, "found, without ids", len(right), len(known.start_of), "87 %", left_out(ham))
    say(row, "found of direct answers", len(direct), len(known.direct), "95 %", left_out(ham))
    assert len(right) >= 0.97 * len(tied)
    assert len(right) >= 0.87 * len(known.start_of)
    assert len(direct) >= 0.95 * len(known.direct)


def test_a_tie_holds_in_any_order_of_mails(ham: tuple[list[Reading], Threads]) -> None:
    readings, known = ham
    if not readings:
        pytest.skip(left_out(ham)[0])
    starts = set(known.start_of.values())
    posts = [post_of(at, readings[at], has_ids=True) for at in sorted(starts)]
    letters = [at for at in range(len(readings)) if at not in starts]
    ladders = Ladder(posts), Ladder(posts)
    for at in letters:
        ladders[0].add(readings[at].traces)
    for at in reversed(letters):
        ladders[1].add(readings[at].traces)
    forward, backward = ladders[0].ties(), ladders[1].ties()[::-1]
    assert [dataclasses.astuple(one) for one in forward] == [
        dataclasses.astuple(one) for one in backward
    ]


def test_every_open_mail_is_read() -> None:
    """Whatever lies in the corpora, reading it ends in a class."""
    for path in corpora.every_file():
        form = {".txt": "text", ".html": "html"}.get(path.suffix, "message")
        assert read(Request(path.read_bytes(), form), SETUP).kind
