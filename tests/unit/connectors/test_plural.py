"""One thing is said otherwise than several, and thousands are parted."""

import pytest
from babel import Locale
from babel.numbers import format_decimal

from regulars_connectors.plural import pluralize


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (0, ("post",), "0 posts"),
        (1, ("post",), "1 post"),
        (2, ("post",), "2 posts"),
        (1, ("person", "people"), "1 person"),
        (2400, ("person is", "people are"), "2,400 people are"),
        (1.4, ("row",), "1 row"),
    ],
)
def test_a_count_and_its_words(count: float, words: tuple[str, ...], said: str) -> None:
    assert pluralize(count, *words) == said


def test_forms_and_thousands_are_those_of_unicode() -> None:
    english = Locale("en")
    for count in [*range(130), 999, 1_000, 1_001, 10_001, 100_000, 1_234_567]:
        form = "post" if english.plural_form(count) == "one" else "posts"
        assert pluralize(count, "post") == f"{format_decimal(count, locale=english)} {form}"
