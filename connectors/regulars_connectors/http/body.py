"""Reading a response body: bounded in size, in compression ratio, in time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..errors import InvalidResponse, ResponseTooLarge
from .headers import length

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_RATIO = 100
_STEP_BYTES = 64 * 1024

# In this order: a whole pair, half of one, any other escape.
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(_HIGH + _LOW + rb"|(" + _HIGH + rb"|" + _LOW + rb")|\\.", re.DOTALL)


class IncompleteBody(Exception):
    """The body ended early. The same request may bring all of it."""


def read_body(
    chunks: Iterable[bytes],
    headers: Mapping[str, str],
    on_chunk: Callable[[], None],
    max_ratio: int = MAX_RATIO,
) -> bytes:
    """The decoded body. Raises ResponseTooLarge, IncompleteBody, InvalidResponse.

    on_chunk: called before each step. It may raise, to end a response that only drips.
    """
    declared = length(headers)
    if declared is not None and declared > MAX_BODY_BYTES:
        raise _too_large(f"announces {declared} bytes")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _plain(chunks, declared, on_chunk)
    if encoding in ("gzip", "x-gzip"):
        return _gunzip(chunks, declared, on_chunk, max_ratio)
    raise InvalidResponse("The provider compressed its answer in an unsupported way.")


def _counted(
    chunks: Iterable[bytes], declared: int | None, on_chunk: Callable[[], None]
) -> Iterator[bytes]:
    """The chunks as they come. Raises IncompleteBody if their size differs from the announced."""
    size = 0
    for chunk in chunks:
        on_chunk()
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large("does not end")
        yield chunk
    if declared is not None and size != declared:
        raise IncompleteBody(f"{size} of {declared} bytes came")


def _plain(chunks: Iterable[bytes], declared: int | None, on_chunk: Callable[[], None]) -> bytes:
    return b"".join(_counted(chunks, declared, on_chunk))


def _gunzip(
    chunks: Iterable[bytes], declared: int | None, on_chunk: Callable[[], None], max_ratio: int
) -> bytes:
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    decoded = bytearray()
    taken = 0
    for chunk in _counted(chunks, declared, on_chunk):
        taken += len(chunk)
        rest = chunk
        while rest and not inflater.eof:
            try:
                decoded += inflater.decompress(rest, _STEP_BYTES)
            except zlib.error as error:
                raise IncompleteBody("the compressed body is damaged") from error
            _check_growth(len(decoded), taken, max_ratio)
            rest = inflater.unconsumed_tail
    if not inflater.eof:
        raise IncompleteBody("the compressed body ends early")
    return bytes(decoded)


def _check_growth(decoded: int, taken: int, max_ratio: int) -> None:
    if decoded > MAX_BODY_BYTES:
        raise _too_large("does not end when unpacked")
    if decoded > max(max_ratio * taken, _STEP_BYTES):
        raise _too_large(f"unpacks to more than {max_ratio} times its size")


def _too_large(how: str) -> ResponseTooLarge:
    return ResponseTooLarge(f"The provider's answer {how}. The limit is {MAX_BODY_BYTES} bytes.")


def without_lone_surrogates(body: bytes) -> bytes:
    """JSON in which the replacement character stands for each lone surrogate.

    Lone surrogates come from emoji cut in two, and make a JSON parser refuse the whole page.
    """
    if not _HALF.search(body):
        return body
    # Written in place, because pieces of a text made of escapes would take many times its size.
    mended = bytearray(body)
    for found in _ESCAPE.finditer(body):
        if found[1]:
            mended[found.start() : found.end()] = rb"\ufffd"
    return bytes(mended)
