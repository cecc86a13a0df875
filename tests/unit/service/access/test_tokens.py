"""The texts of keys: their form, their checksum, what is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import random
import string
import zlib

import pytest

from regulars.access.tokens import digest_of, is_whole_key, new_id, new_key, new_token

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def number_of(text: str) -> int:
    """The number that letters stand for, worked out from the left."""
    value = 0
    for letter in text:
        value = value * 62 + LETTERS.index(letter)
    return value


def test_a_key_holds_its_256_bits_and_their_checksum() -> None:
    text = new_key(lambda count: bytes(range(count)))
    assert text.startswith("rgl_")
    assert len(text) == 53
    assert number_of(text[4:47]) == int.from_bytes(bytes(range(32)))
    assert number_of(text[47:]) == zlib.crc32(text[:47].encode())


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32])
def test_the_smallest_and_the_largest_number_fit(secret: bytes) -> None:
    text = new_key(lambda _: secret)
    assert len(text) == 53
    assert number_of(text[4:47]) == int.from_bytes(secret)
    assert is_whole_key(text)


def test_every_cut_key_is_told_without_a_look() -> None:
    text = new_key()
    assert is_whole_key(text)
    assert not any(is_whole_key(text[:length]) for length in range(len(text)))
    assert not any(is_whole_key(text[length:]) for length in range(1, len(text)))


def test_every_mistyped_letter_is_told() -> None:
    text = new_key(random.Random(3).randbytes)
    for place in range(4, len(text)):
        for letter in LETTERS:
            if letter != text[place]:
                assert not is_whole_key(text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "rgl_", "Bearer", "é" * 53, "rgl_" + "0" * 49 + "\n"])
def test_other_texts_are_no_keys(text: str) -> None:
    assert not is_whole_key(text)


def test_the_digest_is_hmac_with_the_purpose_in_front() -> None:
    expected = hmac.new(b"k" * 32, b"api key\0rgl_x", hashlib.sha256).hexdigest()
    assert digest_of(b"k" * 32, "api key", "rgl_x") == expected
    assert digest_of(b"k" * 32, "session", "rgl_x") != expected
    assert digest_of(b"l" * 32, "api key", "rgl_x") != expected


def test_tokens_and_ids_differ_each_time() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert new_id("key", bytes) == "key_0000000000000000"
