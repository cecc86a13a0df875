"""No text says "1 posts": counts and their words are put together by ``pluralize``.

A count that is never one, as a limit of ours, may be written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (ROOT / "service", ROOT / "connectors")
NOUNS = (
    "people|posts|rows|files|entries|pages|publications|connections|requests|promises|addresses|"
    "removals|columns|signals|weeks|newcomers|subscriptions|widgets|issues|days|lines"
)
COUNT_AND_NOUN = re.compile(rf"\{{([^{{}}]+?)(?::,)?\}} (?:[a-z-]+ )?(?:{NOUNS})\b")
# Texts of a catalogue have two forms where one may be counted: see test_messages.py.
CATALOGUE = "messages.py"
# Never one: constants, minimum groups, what is said of several only.
NEVER_ONE = {
    "MOST_IN_ROW_ONE",
    "MOST_WALKS",
    "MOST_ENTRIES",
    "MOST_FILES",
    "_MOST_RESULTS",
    "best.lines",
    "MAX_PAGES",
    "EMPTY_PAGES",
    "self._count",
    "max_pages",
    "connections",
    "len(items)",
    "len(found)",
    "lines",
}


def suspects(text: str) -> Iterator[str]:
    for found in COUNT_AND_NOUN.finditer(text):
        if found[1] not in NEVER_ONE:
            yield found[0]


def test_counts_and_their_words_agree() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {suspect}"
        for source in SOURCES
        for path in sorted(source.rglob("*.py"))
        if "simulator" not in path.parts and path.name != CATALOGUE
        for suspect in suspects(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(["write these with pluralize():", *found])


def test_the_search_finds_what_it_should() -> None:
    assert list(suspects('f"{count} posts"')) == ["{count} posts"]
    assert list(suspects('f"{len(people):,} people"')) == ["{len(people):,} people"]
    assert not list(suspects('f"{MAX_PAGES:,} pages"'))
    assert not list(suspects('f"{name} is paused"'))
