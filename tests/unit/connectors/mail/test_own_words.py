"""What the writer of a mail added, in mails invented for it. Right answers are written by hand."""

from __future__ import annotations

import pytest

from regulars_connectors.mail.own_words import OwnWords, own_words


def own(*lines: str) -> OwnWords:
    return own_words("\n".join(lines))


@pytest.mark.parametrize(
    "head",
    [
        "On Mon, 2 Mar 2026 at 09:30, Ada <ada@letters.example> wrote:",
        "Am Mo., 2. März 2026 um 09:30 Uhr schrieb Ada <ada@letters.example>:",
        "Le lun. 2 mars 2026 à 09:30, Ada <ada@letters.example> a écrit :",
        "El lun, 2 mar 2026 a las 9:30, Ada (<ada@letters.example>) escribió:",
        "2026年3月2日(月) 9:30 Ada <ada@letters.example>:",
        "пн, 2 мар. 2026 г. в 09:30, Ada <ada@letters.example>:",
        "Zo dinsdag, a lingua of no list, 2026-03-02 09:30 Ada <ada@letters.example> qoyapti:",
        "2026-03-02 9:30 GMT+01:00 Ada <ada@letters.example>:",
    ],
)
def test_an_attribution_needs_no_language(head: str) -> None:
    found = own("I bake with rye.", "", head, "", "> Which flour?", "> Tell me.")
    assert found.text == "I bake with rye."
    assert found.quoted == ("Which flour?", "Tell me.")
    assert found.heads == (head,)


def test_an_attribution_over_several_lines_leaves_the_last_line_of_the_reply() -> None:
    found = own(
        "I bake with rye.",
        "On Mon, 2 Mar 2026 at 09:30, Ada of the Bread Letters",
        "<ada@letters.example>",
        "wrote:",
        "> Which flour?",
    )
    assert found.text == "I bake with rye."


def test_answers_between_and_below_quotes_stay() -> None:
    found = own(
        "On Mon, 2 Mar 2026 at 09:30, Ada <ada@letters.example> wrote:",
        "> Which flour?",
        "",
        "Rye.",
        "> Which oven?",
        "",
        "A stone one.",
    )
    assert found.text.split() == ["Rye.", "A", "stone", "one."]
    assert found.quoted == ("Which flour?", "Which oven?")


@pytest.mark.parametrize(
    "block",
    [
        ("From: Ada <ada@letters.example>", "Sent: Monday, 2 March 2026 09:30", "To: Mika"),
        ("Von: Ada", "Gesendet: Montag, 2. März 2026 09:30", "An: Mika", "Betreff: Brot"),
        ("Fra: Ada <ada@letters.example>", "Dato: 2. marts 2026 09:30", "Emne: Brød"),
        ("*发件人:* Ada <ada@letters.example>", "*时间:* 2026年3月2日 9:30", "*主题:* 面包"),
    ],
)
def test_a_block_of_headers_ends_the_reply(block: tuple[str, ...]) -> None:
    found = own("I bake with rye.", "", "________________________________", *block, "", "Bread.")
    assert found.text == "I bake with rye."
    assert "Bread." in found.quoted


def test_a_list_of_labels_is_no_block_of_headers() -> None:
    lines = ("Name: Mika", "Town: Ulm", "Mail: mika@reader.example", "I would like to win.")
    assert own(*lines).text == "\n".join(lines)


def test_a_sentence_with_time_and_colon_stays() -> None:
    lines = ("I will be there at 10:30:", "bring bread.")
    assert own(*lines).text == "\n".join(lines)


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "---------- Forwarded message ---------",
        "――――― 転送 ―――――",
    ],
)
def test_a_separator_of_any_language_ends_the_reply(line: str) -> None:
    assert own("I bake with rye.", "", line, "Which flour?").text == "I bake with rye."


@pytest.mark.parametrize("line", ["*** Rye ***", "=== Rye ===", "~~ Rye ~~", "-- Rye --"])
def test_an_ornament_of_the_reader_stays(line: str) -> None:
    assert own("Two flours:", line, "Dark.").text == f"Two flours:\n{line}\nDark."


def test_what_is_passed_on_without_a_word_has_no_own_words() -> None:
    found = own(
        "---------- Forwarded message ---------",
        "From: Ada <ada@letters.example>",
        "Date: Mon, 2 Mar 2026 at 09:30",
        "Subject: Bread",
        "",
        "Which flour?",
    )
    assert (found.text, found.is_forward) == ("", True)


def test_the_signature_stands_apart() -> None:
    found = own("I bake with rye.", "", "-- ", "Mika", "Ulm")
    assert (found.text, found.signature) == ("I bake with rye.", "-- \nMika\nUlm")


def test_words_below_a_signature_and_a_quote_stay() -> None:
    found = own("Rye.", "-- ", "Mika", "> Which flour?", "And spelt.")
    assert found.text.split() == ["Rye.", "And", "spelt."]


@pytest.mark.parametrize(
    "line", ["Sent from my phone", "Von meinem iPhone gesendet", "Envoyé de mon téléphone"]
)
def test_what_a_phone_adds_is_no_word_of_the_reader(line: str) -> None:
    head = "On Mon, 2 Mar 2026 at 09:30, Ada <ada@letters.example> wrote:"
    found = own("Rye.", "", line, "", head, "> Which flour?")
    assert (found.text, found.signature.strip()) == ("Rye.", line)


def test_a_long_text_below_what_looks_like_a_phone_stays() -> None:
    rest = "This paragraph is longer than sixty signs, so nobody's phone has added it to a mail."
    assert own("Rye.", "Sent from my phone", rest).text == f"Rye.\nSent from my phone\n{rest}"


def test_a_quoted_line_that_a_program_broke_is_still_a_quote() -> None:
    long = "> This line of the issue is so long that some program on the way broke it into"
    assert own("Rye.", long, "two.", "> Next.").text == "Rye."


def test_an_indented_quote_is_a_quote() -> None:
    head = "On 02/03/2026 09:30, Ada <ada@letters.example> wrote:"
    found = own(head, "", "    Which flour?", "    Tell me.", "", "Rye.")
    assert found.text == "Rye."


def test_invisible_signs_do_not_hide_a_quote() -> None:
    assert own("Rye.\u200b", "\ufeff\u200e> Which flour?").text == "Rye."


@pytest.mark.parametrize("text", ["", "\n\n", "> only a quote", "\r\n\r\n> a\r\n"])
def test_no_own_words(text: str) -> None:
    assert own_words(text).text == ""


def test_more_lines_than_are_looked_at() -> None:
    found = own_words("a\n" * 6000)
    assert found.is_cut
    assert found.text.count("a") == 5000


def test_more_signs_than_are_looked_at() -> None:
    found = own_words("word " * 60_000)
    assert found.is_cut
    assert len(found.text) == 256 * 1024


@pytest.mark.parametrize("text", [f"{'On ' * 20000}", " " * 100_000 + ":", "<a@" * 20_000])
def test_a_text_that_made_others_hang_is_read_at_once(text: str) -> None:
    assert own_words(text).text.strip() == text.strip()


BLOCK = "From: Ada <ada@letters.example>\nSent: Sunday, March 1, 2026 9:00 AM\nTo: bo@x.example\n"
BLOCK += "Subject: Bread and salt\n\nRye makes a dark bread."


@pytest.mark.parametrize(
    "words",
    [
        "PS: The kettle is mine",
        "PS: The kettle is mine.",
        "I liked it.\n\nPS: The kettle is mine",
        "I liked it.\nPS: The kettle is mine.\nPPS: So is the cup!",
    ],
)
@pytest.mark.parametrize("gap", ["\n\n", "\n\n\n"])
def test_a_postscript_above_a_block_of_headers_is_a_word_of_its_own(words: str, gap: str) -> None:
    found = own_words(f"{words}{gap}{BLOCK}")
    assert found.text == words
    assert found.heads[0].startswith("From: Ada")


def test_a_sentence_directly_above_a_block_of_headers_is_a_word_of_its_own() -> None:
    """Without a full stop nothing would tell it from a name."""
    words = "I liked it.\nPS: The kettle is mine."
    assert own_words(f"{words}\n{BLOCK}").text == words


def test_a_block_whose_first_line_proves_nothing_is_a_block() -> None:
    spread = BLOCK.replace("Ada <ada@letters.example>", "Ada").replace("\n", "\n\n")
    for block in (BLOCK.replace("Ada <ada@letters.example>", "Ada"), spread):
        assert own_words(f"I liked it.\n\n{block}").text == "I liked it."


def test_a_postscript_above_a_marked_block_of_headers_is_a_word_of_its_own() -> None:
    marked = "\n".join(f"> {line}" for line in ["----------", *BLOCK.split("\n")])
    for words in ("PS: The kettle is mine", "I liked it.\n\nPS: The kettle is mine"):
        found = own_words(f"{words}\n{marked}")
        assert found.text == words
        assert found.quoted[-1] == "Rye makes a dark bread."


@pytest.mark.parametrize("rule", [(), ("----------",), ("", "___")])
def test_a_marked_block_of_headers_at_the_head_of_a_quote_names_people(rule: tuple[str]) -> None:
    deeper = [f"> {line}" for line in BLOCK.split("\n")]
    marked = [f"> {line}".rstrip() for line in [*rule, *BLOCK.split("\n"), *deeper]]
    found = own("I liked it.", "", *marked)
    assert found.text == "I liked it."
    (head,) = found.heads
    assert head.endswith("salt")
    assert "bo@x.example" in head


def test_a_block_further_down_in_a_quote_names_nobody() -> None:
    marked = [f"> {line}" for line in ["Look what they wrote.", "", *BLOCK.split("\n")]]
    assert own("I liked it.", "", *marked).heads == ()


HEADERS = (
    "From: Ada <ada@letters.example>",
    "Sent: Monday, 2 March 2026 09:30",
    "To: Mika <mika@home.example>",
    "Subject: Bread and salt",
)


@pytest.mark.parametrize(
    "lines",
    [
        ("PS: see you in June", "", *HEADERS),
        ("PS: see you in June", *HEADERS),
        ("My guess: salt first", "", *HEADERS),
        ("NB: only rye", *HEADERS),
    ],
)
def test_a_postscript_above_a_block_of_headers_is_the_readers(lines: tuple[str, ...]) -> None:
    found = own(*lines, "", "Hello everybody")
    assert found.text == lines[0]
    assert found.quoted[-1] == "Hello everybody"
    assert found.heads == (" ".join(HEADERS),)


def test_a_question_above_a_block_that_is_marked_as_quoted_is_the_readers() -> None:
    found = own("One more thing: which oven?", "> ------", *(f"> {line}" for line in HEADERS))
    assert found.text == "One more thing: which oven?"
    assert found.heads == (" ".join(HEADERS),)


@pytest.mark.parametrize(
    "block",
    [
        ("From: Ada", *HEADERS[1:]),
        (
            "DE: Ada",
            "ENVOYÉ: lundi 2 mars 2026 09:30",
            "À: Mika <mika@home.example>",
            "OBJET: Pain",
        ),
        ("From: Ada", "", HEADERS[1], "", HEADERS[2], "", HEADERS[3]),
    ],
)
def test_a_first_header_without_an_address_is_no_postscript(block: tuple[str, ...]) -> None:
    found = own("I bake.", "", *block, "", "Hello everybody")
    assert found.text == "I bake."
    assert found.heads[0].startswith(block[0])


def test_a_block_of_headers_that_is_marked_as_quoted_names_who_was_written_to() -> None:
    """As HTML quotes an older mail: each line of the block has the mark."""
    found = own("I bake.", "", *(f"> {line}" for line in HEADERS), ">", "> Hello everybody")
    assert found.text == "I bake."
    assert found.heads == (" ".join(HEADERS),)
    assert found.quoted[-1] == "Hello everybody"
