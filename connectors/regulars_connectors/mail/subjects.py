"""Subjects compared: without what mail programs put before and after them."""

from __future__ import annotations

import unicodedata

_REPLY = frozenset({
    "re", "aw", "antw", "antwort", "sv", "vs", "odp", "ref", "rv", "rif", "ri", "r", "res", "resp",
    "ynt", "cev", "отв", "ответ", "на", "vá", "bls", "btw", "atb", "ang", "回复", "答复", "回覆",
    "返信", "답장",
})  # fmt: skip
_FORWARD = frozenset({
    "fw", "fwd", "wg", "tr", "enc", "vb", "doorst", "doorgestuurd", "i", "pd", "vl", "ff",
    "továbbítás", "转发", "轉寄", "転送", "전달", "пересл", "fs", "prp",
})  # fmt: skip
_COLONS = (":", "\uff1a")
_LONGEST_PREFIX = 16
_LONGEST_TAG = 30
_MOST_PREFIXES = 20
_FOLDED = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"',
        "\u201e": '"', "\u00ab": '"', "\u00bb": '"', "\u2010": "-", "\u2011": "-", "\u2012": "-",
        "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2026": "...",
    }
)  # fmt: skip


def has_reply_prefix(subject: str) -> bool:
    return _prefix(_without_tags(subject)) == "reply"


def has_forward_prefix(subject: str) -> bool:
    return _prefix(_without_tags(subject)) == "forward"


def base_subjects(subject: str) -> list[str]:
    """What a subject is compared by: itself without prefixes, and what stands in ``(was: …)``."""
    subject = " ".join(subject.split())
    start = subject.casefold().rfind("(was")
    found = []
    if start > 0 and subject.endswith((")", "]")):
        old = subject[start + 4 : -1].lstrip(" :")
        found = [base_subject(subject[:start]), base_subject(old)]
    else:
        found = [base_subject(subject)]
    return [one for one in dict.fromkeys(found) if one]


def base_subject(subject: str) -> str:
    """A subject without prefixes of replies and forwards, tags and ``(fwd)``, folded."""
    text = " ".join(subject.split())
    for _ in range(_MOST_PREFIXES):
        bare = _without_tags(text)
        kind = _prefix(bare)
        if kind:
            bare = bare[_colon(bare) + 1 :].lstrip()
        if bare.casefold().endswith("(fwd)"):
            bare = bare[:-5].rstrip()
        if bare == text or not bare:
            break
        text = bare
    return fold(text)


def fold(text: str) -> str:
    """Compared without case, kinds of quotes and dashes, and emoji."""
    text = text.translate(_FOLDED).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(sign for sign in text if unicodedata.category(sign) not in _NOT_COMPARED)
    return " ".join(text.split())


_NOT_COMPARED = frozenset({"So", "Sk", "Cf", "Mn", "Cs"})


def _colon(text: str) -> int:
    found = [at for at in (text.find(sign, 0, _LONGEST_PREFIX) for sign in _COLONS) if at > 0]
    return min(found, default=-1)


def _prefix(text: str) -> str:
    """reply, forward, or nothing."""
    end = _colon(text)
    if end < 0:
        return ""
    word = text[:end].casefold().strip()
    for opening, closing in (("[", "]"), ("(", ")")):
        if word.endswith(closing) and opening in word:
            inner = word[word.rfind(opening) + 1 : -1]
            if inner.strip("^").isdigit():
                word = word[: word.rfind(opening)].strip()
    word = word.rstrip("^0123456789 ").strip() or word
    if word in _REPLY:
        return "reply"
    return "forward" if word in _FORWARD else ""


def _without_tags(text: str) -> str:
    """Without ``[tags]`` of at most thirty characters at the start, where more follows."""
    while text.startswith("["):
        end = text.find("]", 1, _LONGEST_TAG + 2)
        if end < 0 or not text[end + 1 :].strip():
            break
        text = text[end + 1 :].lstrip()
    return text
