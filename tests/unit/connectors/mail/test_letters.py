"""From a mail and its envelope to a letter: clocks, identity, direction, trust, and no words."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest
from support.fake_correspondence import KEY, WRITER, FakeCorrespondence
from support.mail_attacks import ATTACKS

from regulars_connectors.instants import DAY, SECOND, from_iso
from regulars_connectors.keyed import keyed, runs_from_text
from regulars_connectors.mail.clocks import arrival
from regulars_connectors.mail.letters import Envelope, LetterReader, head_of, look_at
from regulars_connectors.mail.reading import unreadable
from regulars_connectors.mail.results import is_genuine
from regulars_connectors.mail.traces import runs_of

SENT = from_iso("2026-03-03T08:00:00Z")
RECEIVED = "Received: from a by b; Tue, 3 Mar 2026 08:00:09 +0000\n"
QUOTED = "Rye makes a dark bread that keeps for a week and tastes best on day two."
SUBSTACK = (
    "List-Post: <https://x.substack.com/p/1>\nList-Unsubscribe: <https://x.substack.com/u>\n"
    "In-Reply-To: <post-17@substack.com>\n"
)
READER = "mika@reader.example"


@pytest.fixture(scope="module")
def reader() -> Iterator[LetterReader]:
    addresses = (WRITER, "team@letters.example")
    with LetterReader(FakeCorrespondence(addresses=addresses), checked_by="mx.example") as made:
        yield made


def mail(
    text: str = "Which oven?\n",
    *,
    sender: str = f"From: Mika <{READER}>",
    to: str = f"To: {WRITER}",
    subject: str = "Re: Bread",
    date: str = "Tue, 3 Mar 2026 08:00:00 +0000",
    message_id: str = "r1@reader.example",
    more: str = "",
) -> bytes:
    named = f"Message-ID: <{message_id}>\n" if message_id else ""
    dated = f"Date: {date}\n" if date else ""
    return f"{more}{sender}\n{to}\nSubject: {subject}\n{named}{dated}\n{text}".encode()


def hashed(text: str) -> str:
    return keyed(text, KEY)


# Clocks (what is right here stands in the rule of the three clocks: server, Received, Date)


@pytest.mark.parametrize(
    ("server", "received", "sent", "file", "right"),
    [
        (10, 9, 8, None, (10, "server")),
        (16, 9, 8, None, (16, "server")),  # a week late to the day
        (17, 9, 8, None, (9, "received")),  # restored
        (30, None, 8, None, (8, "sent")),  # a copy that was put in
        (30, None, None, None, (30, "server")),
        (None, 9, 8, 30, (9, "received")),
        (None, None, 8, 30, (8, "sent")),
        (None, None, None, 30, (30, "file")),
        (5, 9, 9, None, (5, "server")),
        (None, 99, 8, 30, (8, "sent")),  # a time still to come is none
        (None, 99, 99, 30, (30, "file")),
        (None, None, None, None, (40, "file")),
    ],
)  # fmt: skip
def test_the_clock_that_is_believed(
    server: int | None, received: int | None, sent: int | None, file: int | None,
    right: tuple[int, str],
) -> None:  # fmt: skip
    start = from_iso("2026-03-01")

    def day(number: int | None) -> int | None:
        return None if number is None else start + number * DAY

    found = arrival(
        server=day(server), received=day(received), sent=day(sent), file=day(file), now=day(40)
    )
    assert found == (day(right[0]), right[1])


def test_a_mail_from_before_there_was_mail_has_the_time_of_its_file(reader: LetterReader) -> None:
    envelope = Envelope(arrived_at=SENT, clock="file", read_at=SENT + DAY)
    for date in ("Thu, 1 Jan 1970 00:00:00 +0000", "Fri, 3 Mar 2056 08:00:00 +0000", "soon", ""):
        letter = reader.read(mail(date=date), envelope)
        assert (letter.arrived_at, letter.clock) == (SENT, "file")


def test_only_the_topmost_received_counts(reader: LetterReader) -> None:
    below = "Received: from x by y; Mon, 2 Mar 2026 07:00:00 +0000\n"
    letter = reader.read(mail(more=RECEIVED + below), Envelope())
    assert (letter.arrived_at, letter.clock) == (SENT + 9 * SECOND, "received")
    assert letter.sent_at == SENT


# Identity


def test_one_mail_is_the_same_letter_wherever_it_lies(reader: LetterReader) -> None:
    plain = reader.read(mail(), Envelope())
    moved = reader.read(
        mail(more=RECEIVED, message_id="r1@READER.example"), Envelope(SENT + DAY, is_junk=True)
    )
    assert moved.id == plain.id
    assert (moved.is_junk, plain.is_junk) == (True, False)


@pytest.mark.parametrize(
    "other", [{"sender": "From: Mallory <m@x.example>"}, {"date": "Wed, 4 Mar 2026 08:00:00 +0000"}]
)
def test_a_copied_id_makes_another_letter(reader: LetterReader, other: dict[str, str]) -> None:
    assert reader.read(mail(**other), Envelope()).id != reader.read(mail(), Envelope()).id  # type: ignore[arg-type]


def test_a_mail_without_an_id_is_known_by_its_words(reader: LetterReader) -> None:
    first = reader.read(mail(message_id=""), Envelope())
    again = reader.read(mail(message_id="", more=RECEIVED), Envelope())
    other = reader.read(mail("Which flour?\n", message_id=""), Envelope())
    assert first.message_id is None
    assert first.id == again.id
    assert first.id != other.id


@pytest.mark.parametrize("odd", ["x" * 2000 + "@reader.example", "a\x01b@reader.example"])
def test_an_id_that_no_answer_could_name_is_left_out(reader: LetterReader, odd: str) -> None:
    letter = reader.read(mail(message_id=odd), Envelope())
    assert letter.message_id is None
    assert len(letter.id) == 32


# Who, and which way


def test_a_readers_letter(reader: LetterReader) -> None:
    quoting = f"Which oven?\n\nOn Mon, 2 Mar 2026 at 07:31, Ada <{WRITER}> wrote:\n> {QUOTED}\n"
    parents = "References: <m0@mail.example> <m1@mail.example>\nThread-Topic: Bread\n"
    letter = reader.read(
        mail(quoting, to="To: Ada+i42.k7qd@letters.example, bo@x.example", more=parents), Envelope()
    )
    assert (letter.direction, letter.kind, letter.rule) == ("in", "human", "no_machine")
    assert letter.correspondent == letter.canonical == hashed(READER)
    assert (letter.sender_certain, letter.to_writer, letter.recipients) == (True, True, 2)
    assert (letter.words, letter.question, letter.is_reply) == (2, True, True)
    assert letter.parents == f"{hashed('m0@mail.example')} {hashed('m1@mail.example')}"
    assert letter.tokens == hashed("i42.k7qd")
    assert letter.subjects == letter.topics == hashed("bread")
    assert letter.own_words == hashed("which oven")
    assert runs_from_text(letter.runs) == runs_of(QUOTED, KEY, 100)
    minute = from_iso("2026-03-02T07:31:00Z")
    assert letter.quoted_dates == f"{minute}m"
    assert letter.quoted_addresses is None


def test_a_quote_names_the_address_that_subscribed(reader: LetterReader) -> None:
    block = (
        f"Which oven?\n\nFrom: Ada <{WRITER}>\nSent: Monday, 2 March 2026 07:31\n"
        f"To: Mika.Holt@Home.example\nSubject: Bread\n\n{QUOTED}\n"
    )
    letter = reader.read(mail(block), Envelope())
    assert letter.quoted_addresses == hashed("mika.holt@home.example")
    assert letter.quoted_dates == f"{from_iso('2026-03-02T07:31:00Z')}m"


def test_a_quote_of_somebody_else_says_no_date(reader: LetterReader) -> None:
    quoting = f"Ha!\n\nOn Mon, 2 Mar 2026 at 07:31, Bo <bo@x.example> wrote:\n> {QUOTED}\n"
    assert reader.read(mail(quoting), Envelope()).quoted_dates is None


def test_an_alias_with_a_plus_part_has_a_plain_form(reader: LetterReader) -> None:
    letter = reader.read(mail(sender="From: m.ika+bread@GoogleMail.com"), Envelope())
    assert letter.correspondent == hashed("m.ika+bread@googlemail.com")
    assert letter.canonical == hashed("mika@gmail.com")


@pytest.mark.parametrize(
    ("sender", "is_sent"),
    [
        (f"From: Ada <{WRITER}>", False),
        ("From: ADA@letters.EXAMPLE", False),
        ("From: ada+work@letters.example", False),
        ("From: me@alias.example", True),
    ],
)
def test_the_writers_answer(reader: LetterReader, sender: str, is_sent: bool) -> None:
    letter = reader.read(
        mail("In a clay one.\n", sender=sender, to=f"To: {WRITER}, Mika <{READER}>"),
        Envelope(is_sent=is_sent),
    )
    assert (letter.direction, letter.kind) == ("out", "own")
    assert letter.correspondent == hashed(READER)


def test_a_colleagues_absence_notice_is_no_answer(reader: LetterReader) -> None:
    notice = mail(
        "I am away.\n",
        sender="From: team@letters.example",
        to=f"To: {READER}",
        more="Auto-Submitted: auto-replied\nIn-Reply-To: <r1@reader.example>\n",
    )
    letter = reader.read(notice, Envelope(is_sent=True))
    assert (letter.direction, letter.kind) == ("out", "auto_reply")


def test_several_senders_are_not_certain(reader: LetterReader) -> None:
    for sender in (
        "From: mika@reader.example\nFrom: ada@letters.example",
        "From: mika@reader.example, bo@reader.example",
        'From: "bo@reader.example" <mika@reader.example>',
    ):
        letter = reader.read(mail(sender=sender), Envelope())
        assert not letter.sender_certain
        assert letter.correspondent == hashed(READER)


def test_a_mail_from_nobody(reader: LetterReader) -> None:
    letter = reader.read(mail(sender="From: undisclosed"), Envelope())
    assert (letter.correspondent, letter.sender_certain, letter.direction) == (None, False, "in")


# Copies of issues


@pytest.mark.parametrize(
    "more",
    ["x-beehiiv-type: newsletter\n", SUBSTACK],
)
def test_a_copy_of_an_issue_shows_its_words_and_links(reader: LetterReader, more: str) -> None:
    copy = mail(
        f"{QUOTED}\nhttps://letters.example/p/bread\n",
        sender="From: letters@mail.provider.example",
        subject="Bread",
        more=more,
    )
    letter = reader.read(copy, Envelope())
    assert (letter.direction, letter.kind, letter.rule) == ("out", "own", "copy_of_an_issue")
    assert runs_from_text(letter.runs) == runs_of(QUOTED, KEY, 100)
    assert letter.links == hashed("letters.example/p/bread")


def test_what_the_writer_answers_shows_no_words_of_its_own(reader: LetterReader) -> None:
    answer = mail(
        QUOTED,
        sender=f"From: {WRITER}",
        to=f"To: {READER}",
        more="In-Reply-To: <r1@reader.example>\n",
    )
    assert reader.read(answer, Envelope()).runs is None


def test_a_long_issue_fits_into_its_field(reader: LetterReader) -> None:
    words = " ".join(f"word{number}" for number in range(15_000))
    letter = reader.read(mail(words, sender=f"From: {WRITER}", subject="Bread"), Envelope())
    assert len(letter.runs or "") <= 64 * 1024


# The own server's word on the sender


@pytest.mark.parametrize(
    ("results", "genuine"),
    [
        ("mx.example; dmarc=pass header.from=reader.example", True),
        ("MX.Example 1; dkim=fail; dmarc=pass", True),
        ("in7.mx.example; dmarc=pass", True),
        ("mx.example; dmarc=fail (p=none)", False),
        ("mx.example; dmarc=none; dkim=pass header.d=reader.example", True),
        ("mx.example; dkim=pass header.i=@mail.reader.example", None),
        ("mx.example; dkim=pass header.d=spammer.example", None),
        ("mx.example; dkim=pass header.d=example", None),
        ("mx.example; dkim=fail header.d=reader.example", False),
        ("mx.example; spf=pass smtp.mailfrom=x@spammer.example", None),
        ("mx.example; none", None),
        ("mx.elsewhere.example; dmarc=pass", None),
        ("evilmx.example; dmarc=pass", None),
        ('mx.example; spf=pass (" dmarc=pass; ) dmarc=pass") ; dmarc=fail', None),
        ("mx.example; spf=pass smtp.mailfrom=x;dmarc=pass; dmarc=fail", False),
        ("mx.example; (dmarc=pass", None),
        ("", None),
        (";" * 5000, None),
        ("(" * 8000, None),
    ],
)
def test_what_the_own_server_says(results: str, genuine: bool | None) -> None:
    assert is_genuine(results, "mx.example", READER) is genuine


def test_a_word_below_the_topmost_is_a_strangers(reader: LetterReader) -> None:
    forged = "Authentication-Results: mx.example; dmarc=pass\n"
    other = "Authentication-Results: mx.other.example; dmarc=fail\n"
    assert reader.read(mail(more=forged), Envelope()).authenticated is True
    assert reader.read(mail(more=other + forged), Envelope()).authenticated is None
    sealed = "ARC-Authentication-Results: i=1; mx.example; dmarc=pass\n"
    assert reader.read(mail(more=sealed), Envelope()).authenticated is True
    assert reader.read(mail(), Envelope()).authenticated is None


def test_without_a_trusted_server_nothing_is_said() -> None:
    with LetterReader(FakeCorrespondence()) as made:
        letter = made.read(
            mail(more="Authentication-Results: mx.example; dmarc=pass\n"), Envelope()
        )
    assert letter.authenticated is None


# Bad mails, and what never leaves


@pytest.mark.parametrize("name", ATTACKS)
def test_a_head_is_what_a_look_shows_of_every_attack(name: str) -> None:
    raw = ATTACKS[name][1](20)
    assert head_of(raw) == look_at(raw).shown


@pytest.mark.long
@pytest.mark.parametrize("name", ATTACKS)
def test_the_headers_of_every_attack_are_read_in_time(name: str) -> None:
    count, made = ATTACKS[name]
    for steps in (1, 2, 4, 8):
        raw = made(count * steps)
        begun = time.process_time()
        look_at(raw)
        assert time.process_time() - begun < 1, f"{steps} times"


def test_a_mail_that_is_too_much_is_unreadable_and_keeps_its_place() -> None:
    class Worn(LetterReader):
        """Its worker has no time for any mail."""

        def __init__(self) -> None:
            super().__init__(FakeCorrespondence())
            self._worker.read = lambda _: unreadable("too_much_time")  # type: ignore[method-assign]

    with Worn() as made:
        letter = made.read(mail(), Envelope())
    with LetterReader(FakeCorrespondence()) as usual:
        whole = usual.read(mail(), Envelope())
    assert (letter.kind, letter.rule, letter.words) == ("unreadable", "too_much_time", 0)
    assert (letter.id, letter.message_id) == (whole.id, whole.message_id)
    assert (letter.correspondent, letter.arrived_at) == (whole.correspondent, whole.arrived_at)


@pytest.mark.parametrize("raw", [b"", b"\n\n\n", b"\0" * 100, b"no headers at all", b"\xff" * 5000])
def test_what_is_no_mail_is_unreadable(reader: LetterReader, raw: bytes) -> None:
    letter = reader.read(raw, Envelope(arrived_at=SENT, clock="file", read_at=SENT))
    assert (letter.kind, letter.arrived_at) == ("unreadable", SENT)
    assert not head_of(raw).message_id


def test_no_word_name_subject_or_address_of_a_reader_is_in_a_letter(reader: LetterReader) -> None:
    canary = "xylophone"
    raw = mail(
        f"{canary} one\n\nOn 2 Mar 2026 at 07:31, Ada <{WRITER}> wrote:\n> {canary} two\n"
        f"-- \n{canary}\n",
        sender=f"From: {canary} <{canary}@reader.example>",
        to=f"To: {WRITER}, {canary}@other.example",
        subject=f"Re: {canary}",
        more=f"Thread-Topic: {canary}\nX-Other: {canary}\n",
    )
    assert canary not in msgspec.json.encode(reader.read(raw, Envelope())).decode().casefold()


def test_headers_show_a_machine() -> None:
    assert look_at(mail(more="Auto-Submitted: auto-generated\n")).is_machine
    assert look_at(mail(sender="From: MAILER-DAEMON@x.example")).is_machine
    assert not look_at(mail()).is_machine
    assert not look_at(b"").is_machine
