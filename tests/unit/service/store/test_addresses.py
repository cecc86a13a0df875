"""One rule says when two addresses are one, in the tables as in Python."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from regulars.store import Store
from regulars.store.addresses import fold_odd_addresses, spellings_of
from regulars.store.forgotten_keys import address_key, address_keys
from regulars_connectors.addresses import address_fault, fold_address

_LETTERS = [*"aAbBzZ09._+-%!#'@", "\u00fc", "u\u0308", "\u00c9", "e\u0301", "\u00df", "ss",
    "\u0130", "\u03a3", "\u03c2", "\u200b", "\ufeff", "\u00ad", "\u00a0", " ", "\u212a", "\uff21",
    "\u0451", "\U0001f600"]  # fmt: skip
_DOMAINS = ["example.org", "Example.ORG", "example.org.", "b\u00fccher.example",
    "bu\u0308cher.example", "B\u00dcCHER.example", "xn--bcher-kva.example", "stra\u00dfe.example",
    "strasse.example", "_odd_.example", "a..b", "\u4f8b\u3048.example", "ex\u3002ample", "",
    "\uff45xample.org"]  # fmt: skip


def invented(count: int) -> list[str]:
    chosen = random.Random(11)
    return [
        "".join(chosen.choices(_LETTERS, k=chosen.randint(0, 6)))
        + chosen.choice(["@", "@", "@", ""])
        + chosen.choice(_DOMAINS)
        + chosen.choice(["", "", " ", "\u200b", "\t"])
        for _ in range(count)
    ]


def test_tables_and_python_agree_on_ten_thousand_addresses(opened: Callable[[], Store]) -> None:
    texts = invented(10_000)
    with opened() as store, store.read() as cursor:
        source = "SELECT unnest($texts) AS email"
        fold_odd_addresses(cursor, source, {"texts": texts})
        rows = cursor.execute(
            "SELECT email, coalesce(odd.address, lower(email))"
            f" FROM ({source}) LEFT JOIN odd_addresses AS odd USING (email)",
            {"texts": texts},
        ).fetchall()
    assert len(rows) == 10_000
    assert [(text, folded) for text, folded in rows if fold_address(text) != folded] == []
    assert all(fold_address(fold_address(text)) == fold_address(text) for text in texts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.org", "ada@example.org"),
        ("m\u00fcller@example.org", "mu\u0308ller@EXAMPLE.org"),
        ("leser@b\u00fccher.example", "leser@xn--bcher-kva.example"),
        ("leser@B\u00dcCHER.example", "leser@XN--BCHER-KVA.example"),
        ("user\u200b@example.org", "user@example.org"),
        ("\ufeffuser@example.org\u00a0", "user@example.org"),
        ("fin@example.org.", "fin@example.org"),
    ],
)
def test_spellings_of_one_address(one: str, other: str) -> None:
    assert fold_address(one) == fold_address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("strau\u00df@example.org", "strauss@example.org"),
        ("bo+letters@example.org", "bo@example.org"),
        ("b.o@example.org", "bo@example.org"),
        ("eve@stra\u00dfe.example", "eve@strasse.example"),
        ("m\u00fcller@example.org", "mueller@example.org"),
        ("eve@googlemail.com.example", "eve@gmail.com.example"),
    ],
)
def test_addresses_of_two_people(one: str, other: str) -> None:
    assert fold_address(one) != fold_address(other)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ada@example.org", None),
        ("o'neil+a=b@sub.example.org", None),
        ("leser@b\u00fccher.example", None),
        ("user\u200b@example.org", None),
        ("<hal@example.org>", "is not one address"),
        ("Hal <hal@example.org>", "is not an address"),
        ("mailto:gus@example.org", "is not one address"),
        ("ida@example.org;ivy@example.org", "is not one address"),
        ("ida@example.org, ivy@example.org", "is not an address"),
        ("ida@example.org ivy@example.org", "is not an address"),
        ("ab@cd@example.org", "is not one address"),
        ('"quoted name"@example.org', "is not an address"),
        ("jo @example.org", "is not an address"),
        ("@example.org", "is not an address"),
        ("jo@", "is not an address"),
        ("jo@.", "is not an address"),
        ("a" * 320 + "@b", "is longer than 320 characters"),
    ],
)
def test_bad_input_what_is_no_address_is_said_by_its_rule(text: str, fault: str | None) -> None:
    said = address_fault(text)
    assert said is None if fault is None else (said or "").startswith(fault)


def test_every_spelling_of_an_address_is_found(opened: Callable[[], Store]) -> None:
    texts = ["Leser@b\u00fccher.example", "leser@xn--bcher-kva.example", "ada@example.org"]
    with opened() as store, store.read() as cursor:
        found = spellings_of(
            cursor,
            ["LESER@B\u00dcCHER.example"],
            "SELECT unnest($texts) AS email",
            {"texts": texts},
        )
        assert sorted(found) == sorted(texts[:2])


def test_whoever_was_forgotten_under_the_former_rule_stays_forgotten() -> None:
    """Versions before 0.3 left the domain as it was written."""
    secret = bytes(32)
    now, former = address_keys(secret, "leser@B\u00dcCHER.example")
    assert now == address_key(secret, "leser@xn--bcher-kva.example") != former
    assert address_keys(secret, "Ada@example.org") == (address_key(secret, "ada@example.org"),)
