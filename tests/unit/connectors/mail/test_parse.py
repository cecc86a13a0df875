"""Bytes into parts, headers and text, held against the standard library where it can be."""

from __future__ import annotations

import email
import random
from email.message import EmailMessage

import pytest
from support import mail_corpora as corpora
from support.machine_mails import machine_mails

from regulars_connectors.mail import limits
from regulars_connectors.mail.charsets import decode
from regulars_connectors.mail.headers import addresses, decode_words, ids, sender_of
from regulars_connectors.mail.html_text import html_text
from regulars_connectors.mail.mime import read_mime, split_parameters
from regulars_connectors.mail.parse import parse, unflow

HEAD = b"From: Mika <mika@reader.example>\n"


def kinds(raw: bytes) -> list[str]:
    return [part.type for part in read_mime(raw)[0].walk()]


def built() -> list[bytes]:
    """Mails as the standard library builds them, in shapes chosen by lot."""
    rng = random.Random(14)
    mails = []
    for _ in range(60):
        mail = EmailMessage()
        mail["From"], mail["Subject"] = "Mika <mika@reader.example>", "Re: Bröd"
        mail.set_content("I bake with rye. Grüße.", cte=rng.choice(["8bit", "base64", None]))
        if rng.random() < 0.6:
            mail.add_alternative("<p>I bake with <b>rye</b>.", subtype="html")
        if rng.random() < 0.5:
            mail.add_attachment(b"\0\1", maintype="image", subtype="png", filename="a.png")
        if rng.random() < 0.3:
            inner = EmailMessage()
            inner["Subject"] = "Inner"
            inner.set_content("Inner words.")
            mail.add_attachment(inner)
        mails.append(mail.as_bytes())
    return mails


def known_kinds(raw: bytes) -> list[str]:
    """As the standard library has them; it looks for mails in reports of every kind."""
    found, waiting = [], [email.message_from_bytes(raw)]
    while waiting:
        part = waiting.pop()
        found.append(part.get_content_type())
        is_open = part.get_content_maintype() == "multipart" or found[-1] == "message/rfc822"
        if is_open and part.is_multipart():
            waiting += reversed(part.get_payload())
    return found


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "mark", ["From mika@reader.example Thu Aug 22 12:36:23 2002", ">From mika"]
)
def test_a_line_of_an_mbox_below_a_servers_headers_ends_no_headers(mark: str, ending: str) -> None:
    lines = ["Delivered-To: ada@letters.example", mark, "Message-ID: <1@x.example>", "", "Rye."]
    mail = parse(ending.join(lines).encode())
    assert (mail.message_id, mail.body.strip()) == ("1@x.example", "Rye.")


def test_a_line_of_text_without_an_empty_line_above_ends_the_headers() -> None:
    mail = parse(b"Message-ID: <1@x.example>\nFrom here on I bake with rye.\nDaily.\n")
    assert mail.body.split("\n")[0] == "From here on I bake with rye."


def test_parts_are_those_that_the_standard_library_finds() -> None:
    for raw in built():
        assert kinds(raw) == known_kinds(raw)


def test_texts_are_those_that_the_standard_library_finds() -> None:
    for raw in built():
        body = next(
            one for one in email.message_from_bytes(raw).walk()
            if one.get_content_type() == "text/plain"
        )  # fmt: skip
        payload = body.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert parse(raw).body == payload.decode()


def test_parts_of_open_mails_are_those_that_the_standard_library_finds() -> None:
    differing = [name for name, raw, _ in corpora.labelled() if kinds(raw) != known_kinds(raw)]
    assert not differing


@pytest.mark.parametrize(
    ("raw", "cut"),
    [
        (HEAD + b"\n" + b"a\n" * 600_000, {"size", "text"}),
        (HEAD + b"X: " + b"y" * 9000 + b"\n\na", {"headers"}),
        (HEAD + b"X: y\n" * 2500 + b"\na", {"headers"}),
        (HEAD + b"\n" + b"a" * 20_000, {"line"}),
        (HEAD + b"Content-Type: message/rfc822\n\n" * 60 + b"\na", {"nesting"}),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\na\n" * 600,
            {"parts"},
        ),
        (HEAD + b"Content-Type: text/html\n\n" + b"<div>\n" * 300, {"html"}),
    ],
)
def test_what_is_too_much_is_left_out_and_named(raw: bytes, cut: set[str]) -> None:
    assert parse(raw).cut == cut


def test_a_long_header_is_cut_and_the_mail_is_read() -> None:
    mail = parse(HEAD + b"To: " + b"a@b.example, " * 2000 + b"\n\nRye.")
    assert mail.body == "Rye."
    assert len(mail.recipients) == 1  # the same address once


@pytest.mark.parametrize(
    ("raw", "label", "text"),
    [
        ("Grüße".encode(), "iso-8859-1", "Grüße"),  # UTF-8 wins where bytes prove it
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "unknown-8bit", "Grüße"),
        ("面包".encode("gb18030"), "gb2312", "面包"),
        ("パン".encode("iso2022_jp"), "ISO-2022-JP", "パン"),
        ("хлеб".encode("koi8_r"), "koi8-r", "хлеб"),
        (b"plain", "rot13", "plain"),
        (b"plain", "idna", "plain"),
    ],
)
def test_charsets(raw: bytes, label: str, text: str) -> None:
    assert decode(raw, label) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOfZQ==?= =?utf-8?q?_an?= alle", "Grüße an alle"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?x?y?z?=", "=?x?y?z?="),
        ("a =?utf-8?q?", "a =?utf-8?q?"),
        ("a\x00\x07\u202eb", "a b"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert decode_words(value) == text


def test_at_most_64_encoded_words_are_decoded() -> None:
    assert decode_words("=?utf-8?q?a?= " * 70).count("=?utf-8?q?a?=") == 70 - 64


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Mika <mika@Reader.Example>", [("Mika", "mika@reader.example")]),
        ('"Holt, M" <m@r.example>, b@r.example', [("Holt, M", "m@r.example"), ("", "b@r.example")]),
        ("mika@r.example (Mika (of Ulm))", [("Mika (of Ulm)", "mika@r.example")]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@r.example>", [("Jürgen", "j@r.example")]),
        ("Readers: a@r.example, b@r.example;", [("", "a@r.example"), ("", "b@r.example")]),
        ("nobody", []),
        ("<>", []),
    ],
)  # fmt: skip
def test_addresses(value: str, wanted: list[tuple[str, str]]) -> None:
    assert [(one.name, one.address) for one in addresses(value)] == wanted


@pytest.mark.parametrize(
    ("values", "address", "is_certain"),
    [
        (["Mika <mika@r.example>"], "mika@r.example", True),
        (["mika@r.example <mika@r.example>"], "mika@r.example", True),
        (["Mika <mika@r.example>, Bo <bo@r.example>"], "mika@r.example", False),
        (["Mika <mika@r.example>", "Bo <bo@r.example>"], "mika@r.example", False),
        (['"ada@letters.example" <mika@r.example>'], "mika@r.example", False),
        (['"Ada <ada@letters.example>" <mika@r.example>'], "mika@r.example", False),
        (["Mika <mika@r.example> <bo@r.example>"], "mika@r.example", False),
    ],
)
def test_who_sent_it(values: list[str], address: str | None, is_certain: bool) -> None:
    found, certain = sender_of(values)
    assert (found.address if found else None, certain) == (address, is_certain)


def test_ids() -> None:
    assert ids("<a@B.Example> prose <c@d>", None, "<a@b.example> <e @f> <g") == [
        "a@b.example", "c@d", "e@f",
    ]  # fmt: skip


def test_parameters() -> None:
    given = split_parameters('Text/Plain; charset="utf-8"; Name="a;b\\"c"; x')
    assert given == ("Text/Plain", {"charset": "utf-8", "name": 'a;b"c', "x": ""})


def test_flowed_text_is_joined_within_its_depth() -> None:
    given = "I bake \nwith rye.\n> Which \n> flour?\n-- \nMika"
    assert unflow(given) == "I bake with rye.\n> Which flour?\n-- \nMika"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Rye.</p><p>And spelt.", "Rye.\n\nAnd spelt."),
        ("Rye.<br>And<br><br>spelt.", "Rye.\nAnd\n\nspelt."),
        ("Rye.<blockquote>Which flour?</blockquote>", "Rye.\n\n> Which flour?"),
        ("Rye.<div class=gmail_quote>On Monday:</div>", "Rye.\n> On Monday:"),
        ("Rye.<hr id=stopSpelling>From: Ada", "Rye.\n> ----------\n> From: Ada"),
        ("Rye.<script>x()</script><style>p{}</style><!-- y -->", "Rye."),
        ("<table><tr><td>Rye<td>spelt</table>", "Rye spelt"),
        ("Rye&nbsp;&amp; spelt", "Rye & spelt"),
        ("<pre>Rye\n spelt</pre>", "Rye\n spelt"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_becomes_lines(html: str, text: str) -> None:
    assert html_text(html).text.strip("> \n") == text


def test_a_signature_of_a_webmail_stands_apart() -> None:
    raw = HEAD + b"Content-Type: text/html\n\n<p>Rye.</p><div class=gmail_signature>Mika</div>"
    assert parse(raw).body.split("\n")[-2:] == ["-- ", "Mika"]


def test_machine_mails_have_what_they_say() -> None:
    assert len(machine_mails()) == 60
    assert all(parse(one.raw).sender is not None for one in machine_mails())


def test_limits_stand_in_their_order() -> None:
    assert limits.MOST_TEXT < limits.MOST_PARSED < limits.MEMORY_BYTES


def test_the_quick_way_finds_the_addresses_of_the_other() -> None:
    """An empty comment changes nothing, and the quick way leaves comments alone."""
    rng = random.Random(9)
    for _ in range(2_000):
        value = "".join(rng.choice("ab@.<>, :") for _ in range(rng.randrange(30)))
        assert addresses(value) == addresses(f"(){value}"), value
