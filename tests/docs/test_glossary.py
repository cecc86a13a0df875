"""The glossary and the code use the same words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
PACKAGES = (ROOT / "service" / "regulars", ROOT / "connectors" / "regulars_connectors")
# Names that hold a word to avoid and still say what they mean.
ALLOWED = {
    "campaign": {"campaign"},  # where a subscription came from: utm_campaign
    "user": {"user_folder"},  # the operating system's user
    # Rows bound for Arrow's record batches, and walks that are committed together.
    "batch": {"batch", "CommitBatch"},
    "chunk": {"chunk", "chunks", "on_chunk"},  # of a body: HTTP's own word
}


def rows(text: str) -> list[list[str]]:
    found = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip("| ") for cell in row] for row in found]


def names_in_code(text: str) -> list[str]:
    return [name for row in rows(text) for name in re.findall(r"`(\w+)`", row[2])]


def words_to_avoid(text: str) -> set[str]:
    return {word.strip() for row in rows(text) for word in row[3].split(",") if word.strip()}


def own_files() -> Iterator[Path]:
    """Our code, without the connectors' folders and the simulator: these speak for a provider."""
    service, connectors = PACKAGES
    yield from service.rglob("*.py")
    yield from connectors.glob("*.py")
    yield from (connectors / "conformance").rglob("*.py")


def defined_names(path: Path) -> Iterator[tuple[str, int]]:
    """Everything that a file gives a name to: classes, functions, arguments, variables, fields."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, line
        elif isinstance(node, ast.arg):
            yield node.arg, line
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, line
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, line


@cache
def known_names() -> frozenset[str]:
    """Every name of Python and SQL, and every word of a Literal."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in package.rglob("*.py"):
            found |= {name for name, _ in defined_names(path)}
            tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            found |= {str(node.value) for node in tree if isinstance(node, ast.Constant)}
        for path in package.rglob("*.sql"):
            found |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return frozenset(found)


def unknown_names(text: str) -> list[str]:
    return [
        f"docs/glossary.md says that the code has {name!r}: correct the row, or the code"
        for name in names_in_code(text)
        if name not in known_names()
    ]


def parts_of(name: str) -> set[str]:
    """The words of a name, in the singular too: user_folder is user and folder."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return words | {word.removesuffix("s") for word in words}


def blurring(avoided: set[str], names: Iterator[tuple[str, int]], where: str) -> Iterator[str]:
    for name, line in names:
        for word in sorted(avoided & parts_of(name)):
            if name not in ALLOWED.get(word, ()):
                yield f"{where}:{line}: {name} says {word!r}; docs/glossary.md has the word to use"


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    text = GLOSSARY.read_text(encoding="utf-8")
    assert len(names_in_code(text)) > 50
    assert not unknown_names(text)


def test_a_name_that_the_code_has_not_is_found() -> None:
    text = GLOSSARY.read_text(encoding="utf-8").replace("`SyncRun`", "`SyncRunaway`", 1)
    (told,) = unknown_names(text)
    assert "'SyncRunaway'" in told


def test_no_name_of_our_code_is_a_word_to_avoid() -> None:
    avoided = words_to_avoid(GLOSSARY.read_text(encoding="utf-8"))
    assert {"vendor", "bookmark", "score"} <= avoided
    found = [
        told
        for path in own_files()
        for told in blurring(avoided, defined_names(path), str(path.relative_to(ROOT)))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("class VendorList: pass", "VendorList says 'vendor'"),
        ("def f(score): pass", "score says 'score'"),
        ("self.active_users = 1", "active_users says 'user'"),
        ("user_folder = 1", None),
        ("campaign = 1", None),
        ("def supervendor(): pass", None),
    ],
)
def test_a_word_to_avoid_is_found(code: str, told: str | None, tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(code)
    found = list(blurring({"vendor", "score", "user", "campaign"}, defined_names(path), "some.py"))
    assert (not found) if told is None else (told in found[0])


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    words = [row[0] for row in rows(GLOSSARY.read_text(encoding="utf-8"))]
    assert words == sorted(set(words))


# Names that the code once had; each was replaced by a standard term of the field.
FORMER_NAMES = re.findall(
    r"\w+",
    """
    KeptAnswers Asker Lanes Waiting RunOf PullOf facts_of not_begun Contained contain blaming
    Leavings AtHand Prepared WidgetShelf dressed Belongings ACTS TAKEN_UP TakenUp keeps_entry
    refuse_impossible naming_a_full_disk naming_an_unusable_folder write_whole stop_counting
    MemoryShort Ending spans_of_people strangers_in Again Torn client_of Desk Sheet Tools Known
    FirstLook Discovers Offer Push FixSettings KeyRefused BadAnswer TooLarge BadSource WalkBroken
    BeehiivFace RecordFault wordless sentence_of wait_seconds foreign_posts Unauthorised
    TooManyRequests
    """,
)
FORMER_CODES = ("memory_short", "ending")


def test_former_names_are_gone_from_the_code() -> None:
    former = set(FORMER_NAMES)
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for package in PACKAGES
        for path in package.rglob("*.py")
        for name, line in defined_names(path)
        if name in former
    ]
    assert not found, "\n".join(found)


def test_former_names_are_gone_from_the_docs() -> None:
    former = {*FORMER_NAMES, *FORMER_CODES}
    found = [
        f"{path.relative_to(ROOT)}: `{name}`"
        for path in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"`(\w+)`", path.read_text(encoding="utf-8"))
        if name in former
    ]
    assert not found, "\n".join(found)
