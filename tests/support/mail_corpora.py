"""Open mails that others collected, read where they lie and never copied here.

Two folders: the corpora (``REGULARS_CORPORA``, or ``shared/corpora`` beside or above the checkout)
and the 2,500 mails of easy-ham-1 that ``scripts/install-parts`` fetches. Where one is missing, its
loader gives nothing, and whoever asks says what was left out.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from support.node_scripts import CACHE

ROOT = Path(__file__).parents[2]
HAM = CACHE / "easy-ham-1"
TEXT_SETS = (
    "crisp-reply", "willdurand-reply", "github-reply", "zapier-reply", "alfonsrv-reply",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An input, and the own words that a set expects of it."""

    name: str
    given: str
    expected: str


@cache
def corpora() -> Path | None:
    """The folder of the corpora; None where there is none."""
    named = os.environ.get("REGULARS_CORPORA")
    places = [Path(named)] if named else [one / "shared" / "corpora" for one in ROOT.parents]
    return next((place for place in places if place.is_dir()), None)


def missing(*names: str) -> list[str]:
    """Those of some sets that are not here."""
    place = corpora()
    return [name for name in names if place is None or not (place / name).is_dir()]


def fold(text: str | None) -> str:
    return " ".join((text or "").split())


def text_cases() -> list[Case]:
    """Cases of the eight text sets, as far as they are here."""
    found = [
        _case(name, file, expected)
        for name in TEXT_SETS
        for file, expected in _json(name, "expected.json", {}).items()
    ]
    for file, one in _json("willdurand-reply", "templates.json", {}).items():
        frame = _text("willdurand-reply", file)
        for at, line in enumerate(one["lines"]):
            given = frame.replace(one["placeholder"], line)
            found.append(Case(f"willdurand-reply/{file}:{at}", given, one["expected"]))
    for file, expected in _json("unquotemail", "pairs.json", {}).items():
        if file.endswith(".txt"):
            given, wanted = _text("unquotemail", file), _text("unquotemail", expected)
            found.append(Case(f"unquotemail/{file}", given, wanted))
    found += (
        Case(f"talon/{one['name']}", one["input"], one["expected"])
        for one in _json("talon", "text_cases.json", [])
    )
    found += (
        Case(f"quotequail/{one['name']}", one["input"], one.get("own") or "")
        for one in _json("quotequail", "quote_text_cases.json", [])
    )
    return found


# Their expectation keeps the quote.
KEEP_THE_QUOTE = frozenset({"gmail_forwarded_msg", "readable_html_empty", "gmail_quote_blockquote"})


def html_cases() -> list[Case]:
    """HTML cases of talon and quotequail, without the three that keep the quote."""
    found = [
        _case(name, file, expected)
        for name in ("talon", "quotequail")
        for file, expected in _json(name, "expected.json", {}).items()
        if file.endswith(".html")
    ]
    found += (
        Case(f"talon/{one['name']}", one["input"], one["expected_text"])
        for one in _json("talon", "html_cases.json", [])
        if one["name"] not in KEEP_THE_QUOTE
    )
    found += (
        Case(f"quotequail/{one['name']}", one["input"], one["own_text"])
        for one in _json("quotequail", "quote_html_cases.json", [])
    )
    return found


def forwards() -> list[Case]:
    """Forwarded mails of crisp-forward with the words above the forward."""
    return [
        Case(file, _text("crisp-forward", file), one["message"] or "")
        for file, one in _json("crisp-forward", "expected.json", {}).items()
        if one["forwarded"]
    ]


def labelled() -> list[tuple[str, bytes, str]]:
    """Name, bytes and class of the labelled mails of flanker and ruby-mail."""
    place = corpora()
    return [
        (f"{name}/{file}", (place / name / file).read_bytes(), one["class"])
        for name in ("flanker", "ruby-mail")
        for file, one in _json(name, "labels.json", {}).items()
        if place is not None and "class" in one
    ]


def every_file() -> list[Path]:
    """Every mail or body in the corpora."""
    place = corpora()
    kinds = {".txt", ".html", ".eml", ".mbox"}
    return sorted(one for one in place.rglob("*") if one.suffix in kinds) if place else []


def ham() -> list[bytes]:
    """The mails of easy-ham-1 in the order of their names."""
    files = sorted(HAM.glob("*.json"))
    return [
        json.loads(one.read_text(encoding="utf-8"))["text"].encode("utf-8", "surrogateescape")
        for one in files
    ]


def _case(name: str, file: str, expected: str) -> Case:
    return Case(f"{name}/{file}", _text(name, file), expected)


def _json(name: str, file: str, otherwise: Any) -> Any:
    place = corpora()
    if place is None or not (place / name / file).is_file():
        return otherwise
    return json.loads((place / name / file).read_text(encoding="utf-8"))


def _text(name: str, file: str) -> str:
    place = corpora()
    assert place is not None
    with (place / name / file).open(encoding="utf-8", errors="replace", newline="") as handle:
        return handle.read()
