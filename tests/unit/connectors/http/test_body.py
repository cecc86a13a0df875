"""Bodies from a provider: bounded in size, ratio, depth and time; torn ones are asked for again."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
from support.http_client import GOOD, Provider, raw

from regulars_connectors import InvalidResponse, ResponseTooLarge
from regulars_connectors.http import StatusError
from regulars_connectors.http import body as bodies_module
from regulars_connectors.http.body import MAX_BODY_BYTES


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"", b"  \n", b"ok", b'\xef\xbb\xbf{"a":1}']
)
def test_what_is_no_json_is_asked_again_and_then_refused(body: bytes) -> None:
    assert Provider(raw(body), GOOD).get() == {"ok": True}
    provider = Provider(raw(body))
    with pytest.raises(InvalidResponse, match="other than JSON"):
        provider.get()
    assert provider.route.call_count == 5


def test_half_a_letter_costs_neither_the_page_nor_the_row() -> None:
    """An emoji that somebody cut in two, as programs do that count in UTF-16."""
    body = rb'{"a": "\ud83d\ude00 \ud83d", "b": "\udc00x\uD83D", "c": "\\ud83d \" \n", "d": "\ud83d'
    provider = Provider(raw(body + rb'\ud83d\ude00"}'))
    assert provider.get() == {
        "a": "\U0001f600 \ufffd",
        "b": "\ufffdx\ufffd",
        "c": '\\ud83d " \n',
        "d": "\ufffd\U0001f600",
    }
    assert provider.route.call_count == 1


@pytest.mark.parametrize("body", [b'{"data":[{"id":', b'{"a":1}}', b'{"a":"\xff"}'])
def test_damaged_json_is_asked_again_and_then_refused(body: bytes) -> None:
    assert Provider(raw(body), GOOD).get() == {"ok": True}
    with pytest.raises(InvalidResponse, match="is damaged"):
        Provider(raw(body)).get()


def test_a_body_shorter_than_announced_is_torn() -> None:
    short = raw(b'{"a":1}', content_length="700")
    assert Provider(short, GOOD).get() == {"ok": True}
    with pytest.raises(InvalidResponse, match="7 of 700 bytes"):
        Provider(short).get()


def test_gzip_is_unpacked() -> None:
    packed = gzip.compress(json.dumps({"a": "ü" * 5000}).encode())
    assert Provider(raw(packed, content_encoding="gzip")).get() == {"a": "ü" * 5000}


@pytest.mark.parametrize("harm", [lambda b: b[:-9], lambda b: b"x" + b, lambda b: b""])
def test_damaged_gzip_is_torn(harm: Callable[[bytes], bytes]) -> None:
    packed = harm(gzip.compress(b'{"a":1}'))
    with pytest.raises(InvalidResponse, match="is damaged"):
        Provider(raw(packed, content_encoding="gzip")).get()


def test_a_compression_nobody_asked_for_is_refused() -> None:
    with pytest.raises(InvalidResponse, match="unsupported way"):
        Provider(raw(b"xx", content_encoding="br")).get()


def test_a_bomb_is_refused_without_unpacking_it() -> None:
    bomb = gzip.compress(b"[" + b" " * 40_000_000 + b"]")
    with pytest.raises(ResponseTooLarge, match="100 times"):
        Provider(raw(bomb, content_encoding="gzip")).get()


def test_an_announced_giant_is_refused_before_it_is_read() -> None:
    provider = Provider(raw(b"{}", content_length=str(33 * 1024 * 1024)))
    with pytest.raises(ResponseTooLarge, match="announces"):
        provider.get()
    assert provider.route.call_count == 1


def test_an_endless_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies_module, "MAX_BODY_BYTES", 100_000)

    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 1000

    with pytest.raises(ResponseTooLarge, match="does not end"):
        Provider(httpx.Response(200, content=endless())).get()


def test_an_answer_that_only_drips_is_given_up() -> None:
    provider = Provider(GOOD)

    def dripping() -> Iterator[bytes]:
        for _ in range(10):
            provider.clock.now += 50
            yield b" "

    provider.route.side_effect = [httpx.Response(200, content=dripping()), GOOD]
    assert provider.get() == {"ok": True}
    assert provider.route.call_count == 2


DEEP = {
    "brackets alone": b"[" * MAX_BODY_BYTES,
    "closed brackets": b"[" * 1_000_000 + b"]" * 1_000_000,
    "objects": b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000,
    "both": b'[{"a":' * 100_000 + b"1" + b"}]" * 100_000,
    "below a key that nobody reads": b'{"ok":true,"more":' + b"[" * 5000 + b"]" * 5000 + b"}",
}
READS: dict[str, Callable[[bytes], Any]] = {
    "any": msgspec.json.decode,
    "raw": msgspec.json.Decoder(msgspec.Raw).decode,
    "struct": msgspec.json.Decoder(msgspec.defstruct("Known", [("ok", bool)])).decode,
}


@pytest.mark.parametrize(
    ("case", "read"),
    [
        (case, read)
        for case in DEEP
        for read in READS
        # A struct is refused by the first byte of a list, and asked again as damaged.
        if read != "struct" or DEEP[case].startswith(b"{")
    ],
)
@pytest.mark.long
def test_a_deep_body_is_refused_and_not_asked_again(case: str, read: str) -> None:
    provider = Provider(raw(DEEP[case]))
    with pytest.raises(ResponseTooLarge, match=r"nests too deeply|400,000 values"):
        provider.client().get("/things", (), READS[read])
    assert provider.route.call_count == 1


@pytest.mark.parametrize("body", [b'{"a":"' + b"[" * 5000 + b'"}', b"[" + b"[]," * 5000 + b"[]]"])
@pytest.mark.long
def test_many_brackets_on_few_levels_are_read(body: bytes) -> None:
    assert Provider(raw(body)).get() == json.loads(body)


def test_a_deep_refusal_is_taken_by_its_status() -> None:
    """Its body says nothing then."""
    deep = httpx.Response(400, content=b"[" * 5000)
    with pytest.raises(StatusError, match="status 400"):
        Provider(deep).get(explain=lambda _status, body, _name: msgspec.json.decode(body))
