"""The documentation is short, active and positive, says *you*, and fits into a window."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.prose import (
    WIDTH,
    Figures,
    Sentence,
    figures_of,
    lines_too_wide,
    named,
    sentences_of,
    table_of,
    without_generated,
)

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md")]
PAGES += sorted(DOCS.rglob("*.md"))

# Shares of all sentences of a group; the mean of words for each sentence.
MOST_NEGATED = 0.14
MOST_SEMICOLONS = 0.03
LEAST_YOU = 0.15
MOST_WORDS_OF_THE_CHANGELOG = 15.0
MOST_WORDS = 18.0


@dataclass(frozen=True)
class Limits:
    """What a group of pages may come to."""

    negated: float = MOST_NEGATED
    semicolons: float = MOST_SEMICOLONS
    you: float = 0.0
    words: float = MOST_WORDS

    def broken_by(self, figures: Figures) -> list[str]:
        """The limits that some figures break, in words."""
        return [
            told
            for told, is_broken in (
                (f"negated: at most {self.negated:.0%}", figures.negated > self.negated),
                (
                    f"semicolons: at most {self.semicolons:.0%}",
                    figures.semicolons > self.semicolons,
                ),
                (f"you: at least {self.you:.0%}", figures.you < self.you),
                (f"words for each sentence: at most {self.words:.0f}", figures.length > self.words),
            )
            if is_broken
        ]


def below(*folders: str) -> list[Path]:
    return [page for folder in folders for page in sorted((DOCS / folder).glob("*.md"))]


# Each group is held by itself, so that none hides behind another.
GROUPS: dict[str, tuple[list[Path], Limits]] = {
    "README and SECURITY": ([ROOT / "README.md", ROOT / "SECURITY.md"], Limits(you=LEAST_YOU)),
    "tutorial and how-to": (below("tutorial", "how-to"), Limits(you=LEAST_YOU)),
    "explanation": (below("explanation"), Limits()),
    "decisions": (below("decisions"), Limits()),
    "reference": (below("reference"), Limits()),
    "index and glossary": ([DOCS / "index.md", DOCS / "glossary.md"], Limits()),
    "changelog": ([ROOT / "CHANGELOG.md"], Limits(words=MOST_WORDS_OF_THE_CHANGELOG)),
}


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def complaint(texts: dict[str, str], limits: Limits) -> str | None:
    """What is wrong with a group of pages: its figures, and the sentences to begin with."""
    pages = {name: sentences_of(text) for name, text in texts.items()}
    total = figures_of([one for sentences in pages.values() for one in sentences])
    broken = limits.broken_by(total)
    if not broken:
        return None
    figures = [(name, figures_of(sentences)) for name, sentences in pages.items()]
    table = table_of([*figures, ("all of them", total)])
    return "\n".join([*broken, table, "Begin with:", *worst(pages, broken)])


def worst(pages: dict[str, list[Sentence]], broken: list[str]) -> list[str]:
    """The thirty sentences that weigh most, those with several faults and long ones first."""
    weighed = [
        (weight_of(one, broken), one.words, f"{name}:{one.line} {faults_of(one)}: {one.text}")
        for name, sentences in pages.items()
        for one in sentences
    ]
    return [told for weight, _, told in sorted(weighed, reverse=True)[:30] if weight]


def weight_of(sentence: Sentence, broken: list[str]) -> int:
    kinds = " ".join(broken)
    long = "words" in kinds and sentence.words > MOST_WORDS_OF_THE_CHANGELOG
    negated = "negated" in kinds and sentence.is_negated
    return long + negated + ("semicolons" in kinds and sentence.has_semicolon)


def faults_of(sentence: Sentence) -> str:
    told = [f"{sentence.words} words"]
    told += ["negated"] * sentence.is_negated + ["semicolon"] * sentence.has_semicolon
    return ", ".join(told)


# The documentation


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_of_pages_reads_well(group: str) -> None:
    pages, limits = GROUPS[group]
    found = complaint({named(page, ROOT): read(page) for page in pages}, limits)
    assert found is None, f"{group}\n{found}"


def test_what_the_reference_says_by_hand_reads_well() -> None:
    texts = {named(page, ROOT): without_generated(read(page)) for page in below("reference")}
    found = complaint(texts, Limits())
    assert found is None, found


def test_every_page_belongs_to_one_group() -> None:
    assert sorted(page for pages, _ in GROUPS.values() for page in pages) == sorted(PAGES)


def test_every_page_is_wrapped() -> None:
    found = [
        f"{named(page, ROOT)}:{number} is {width} characters wide: wrap it at {WIDTH}"
        for page in PAGES
        for number, width in lines_too_wide(read(page))
    ]
    assert not found, "\n".join(found)


# The measure, held to samples that were counted by hand


@pytest.mark.parametrize(
    ("page", "sentences"),
    [
        ("One sentence. Another one? Yes!", ["One sentence.", "Another one?", "Yes!"]),
        ("A line\nthat goes on.\n\nA new one", ["A line that goes on.", "A new one"]),
        ("# Not counted\n\nCounted.\n## Nor this", ["Counted."]),
        (
            "Intro:\n\n- first item\n- second\n  goes on\n",
            ["Intro:", "first item", "second goes on"],
        ),
        ("1. One.\n2) Two.\n", ["One.", "Two."]),
        ("It takes 1.5 s, e.g. at night. Then 2.", ["It takes 1.5 s, e.g. at night.", "Then 2."]),
        ('He said "no." Then left (soon.) End.', ['He said "no."', "Then left (soon.)", "End."]),
        (
            "Of beehiiv. beehiiv says so. small start.",
            ["Of beehiiv.", "beehiiv says so. small start."],
        ),
        ("Run `a b; not c` now.", ["Run Codeword now."]),
        ("Run ``a `b` c`` now.", ["Run Codeword now."]),
        ("See [the *page*](never/a.md) and https://not.example/no.", ["See the page and Codeword"]),
        ("![never; shown](no.png)\n\n**Bold** stays.", ["Bold stays."]),
        ("Before.\n```text\nNot. This.\n```\nAfter.", ["Before.", "After."]),
        ("- item:\n\n  ```toml\n  no = 1\n  ```\n\n  more.", ["item:", "more."]),
        ("<!-- never\nread -->\nRead.", ["Read."]),
        (
            "| what is it | not measured yet |\n| - | - |\n| a b | one two three four. Five |\n",
            ["one two three four.", "Five"],
        ),
        ("| a | b |\n|---|---|\n| x \\| y z w | `a | b` |\nText.", ["x \\| y z w", "Text."]),
        ("> A quote\n> goes on.", ["A quote goes on."]),
        ("---\n\n***\n", []),
    ],
)
def test_a_page_is_parted_into_sentences(page: str, sentences: list[str]) -> None:
    assert [one.text for one in sentences_of(page)] == sentences


def test_a_sentence_knows_where_its_paragraph_begins() -> None:
    page = "# Head\n\nOne. Two\ngoes on.\n\n```sh\nx\n```\n- Three.\n| a | b c d e |\n| - | - |\n"
    assert [(one.text, one.line) for one in sentences_of(page)] == [
        ("One.", 3), ("Two goes on.", 3), ("Three.", 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words", "negated", "semicolon", "you"),
    [
        ("You can do this.", 4, False, False, True),
        ("Do not stop; it's yours.", 5, True, True, True),
        ("It doesn’t matter, and cannot.", 5, True, False, False),
        ("No one, nobody, none.", 4, True, False, False),
        ("Knot, notice and another: never mind.", 6, True, False, False),
        ("Knot, notice, noon, another – younger.", 5, False, False, False),
        ("You're here.", 2, False, False, True),
        ("Run `not; you` at 5 %.", 4, False, False, False),
    ],
)
def test_a_sentence_is_judged(
    text: str, words: int, negated: bool, semicolon: bool, you: bool
) -> None:
    (one,) = sentences_of(text)
    assert (one.words, one.is_negated, one.has_semicolon, one.says_you) == (
        words, negated, semicolon, you,
    )  # fmt: skip


def test_the_figures_of_a_page() -> None:
    page = "You read. Nobody waits; it is so. Three words here.\n\n- You never know."
    assert figures_of(sentences_of(page)) == Figures(4, 0.5, 0.25, 0.5, 13 / 4)
    assert figures_of([]) == Figures(0, 0.0, 0.0, 0.0, 0.0)


def test_a_group_over_its_limits_is_told_with_its_worst_sentences() -> None:
    texts = {"good.md": "You read on. You stay.", "bad.md": "It is not so; it never was. Go."}
    found = complaint(texts, Limits(you=0.6))
    assert found is not None
    assert re.search(r"^negated: at most 14%$", found, re.MULTILINE)
    assert re.search(r"^semicolons: at most 3%$", found, re.MULTILINE)
    assert re.search(r"^you: at least 60%$", found, re.MULTILINE)
    assert re.search(r"^bad\.md +2 +50\.0% +50\.0% +0\.0% +4\.0$", found, re.MULTILINE)
    assert found.endswith("bad.md:1 7 words, negated, semicolon: It is not so; it never was.")
    assert complaint({"good.md": texts["good.md"]}, Limits(you=0.6)) is None


def test_long_sentences_of_a_changelog_are_told() -> None:
    found = complaint({"log.md": "word " * 16 + "."}, Limits(words=MOST_WORDS_OF_THE_CHANGELOG))
    assert found is not None
    assert "at most 15" in found
    assert "16 words: word" in found


def test_what_is_generated_can_be_left_out() -> None:
    page = (
        "Mine.\n<!-- generated: x -->\n\nTheirs; not mine.\n\n<!-- end of generated -->\nMine too."
    )
    assert [one.text for one in sentences_of(without_generated(page))] == ["Mine.", "Mine too."]


@pytest.mark.parametrize(
    ("page", "wide"),
    [
        ("x" * 100, []),
        ("a " * 51, [(1, 102)]),
        ("| " + "x" * 120 + " |", []),
        ("```\n" + "x" * 120 + "\n```\n" + "y" * 101, [(4, 101)]),
        ("- [some page](" + "x" * 120 + ")", []),
        ("- [some page](" + "x" * 120 + ") and more", [(1, 144)]),
    ],
)
def test_a_line_that_is_too_wide_is_found(page: str, wide: list[tuple[int, int]]) -> None:
    assert list(lines_too_wide(page)) == wide
