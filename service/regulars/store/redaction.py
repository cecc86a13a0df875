"""Takes addresses out of texts: known ones, or those whose keys are known.

An address ends where a character stands that addresses rarely have, so that ``ann@example.org``
stays inside ``joann@example.org``. Everything here reads a text once, from left to right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

REMOVED = "(address removed)"
_BESIDE_LETTERS = frozenset("._+-")
_AT_SIGNS = ("@", "%40")
# An address has at most 254 characters, so a longer run of such characters is none.
_LONGEST = 320


def may_hold_address(text: str) -> bool:
    """Whether the text has an at sign at all, also one encoded as in links."""
    return "@" in text or "%40" in text


def without_addresses(text: str, is_forgotten: Callable[[str], bool]) -> str:
    """The text, with ``REMOVED`` in the place of every address that is forgotten."""
    kept: list[str] = []
    before = 0
    for start, end, address in _addresses_in(text):
        if start >= before and is_forgotten(address):
            kept += text[before:start], REMOVED
            before = end
    return "".join((*kept, text[before:])) if kept else text


def without_known(text: str, addresses: Collection[str]) -> str:
    """The text, with ``REMOVED`` in the place of these addresses, however they are written."""
    for address in addresses:
        for sign in _AT_SIGNS:
            text = _without(text, address.replace("@", sign))
    return text


def _without(text: str, address: str) -> str:
    lowered, wanted = text.lower(), address.lower()
    if not wanted or len(lowered) != len(text):
        return text.replace(address, REMOVED) if wanted else text
    kept: list[str] = []
    before = place = 0
    while (place := lowered.find(wanted, place)) >= 0:
        end = place + len(wanted)
        if _ends_at(text, place, end):
            kept += text[before:place], REMOVED
            before = end
        place = end
    return "".join((*kept, text[before:]))


def _ends_at(text: str, start: int, end: int) -> bool:
    """Whether an address that stands there is no piece of a longer one."""
    if start and _is_part(text[start - 1]):
        return False
    following = text[end : end + 1]
    if following == ".":  # as at the end of a sentence
        following = text[end + 1 : end + 2]
    return not following or not _is_part(following)


def _addresses_in(text: str) -> Iterator[tuple[int, int, str]]:
    for sign in _AT_SIGNS:
        place = text.find(sign)
        while place >= 0:
            start, end = place, place + len(sign)
            while start and place - start < _LONGEST and _is_part(text[start - 1]):
                start -= 1
            while end < len(text) and end - place < _LONGEST and _is_part(text[end]):
                end += 1
            while end > place + len(sign) and text[end - 1] in "._-+":
                end -= 1
            yield start, end, f"{text[start:place]}@{text[place + len(sign) : end]}"
            place = text.find(sign, place + len(sign))


def _is_part(character: str) -> bool:
    return character.isalnum() or character in _BESIDE_LETTERS


def without_words(text: str | None, words: Collection[str]) -> str | None:
    """A text of words with blanks between, without some of them. None where nothing is left."""
    if text is None or not any(word in words for word in text.split()):
        return text
    return " ".join(word for word in text.split() if word not in words) or None
