"""What writes the reference keeps each cell on its line, and paragraphs within the window."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reference_parts.contract import error_family, told_of
from reference_parts.markdown import WIDTH, table, wrapped

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs" / "reference").glob("*.md"))


class Late:
    """An answer that came late.

    heavy: the request was for much, so that one for less
        may work.

    minutes: how late.
    """

    heavy = False
    minutes = 0


class Plain:
    """Only one ``paragraph``."""


def test_a_docstring_of_several_paragraphs_fits_into_a_cell() -> None:
    assert told_of(Late) == (
        "An answer that came late. `heavy`: the request was for much, so that one for less may "
        "work. `minutes`: how late."
    )
    assert told_of(Plain) == "Only one `paragraph`."


def test_a_cell_is_one_line_whatever_its_text_holds() -> None:
    made = table(("a", "b"), [("one\n\ntwo", "x | y\n"), ("\tthree", "")])
    assert made == "| a | b |\n| --- | --- |\n| one two | x \\| y |\n| three |  |"


def test_every_error_of_the_family_has_a_whole_row() -> None:
    head, rule, *rows = error_family().splitlines()
    assert len(rows) > 10
    assert all(re.fullmatch(r"\|( \S.* \|){3}", row) for row in (head, *rows)), rows
    assert rule == "| --- | --- | --- |"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_table_of_the_reference_is_whole(page: Path) -> None:
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"))
    columns = 0
    for line in text.splitlines():
        is_row = line.startswith("|")
        assert is_row or not line or not columns, f"text cuts a table: {line}"
        assert not is_row or line.endswith("|"), f"a row breaks off: {line}"
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1 if is_row else 0
        assert not (is_row and columns) or cells == columns, f"cells are missing: {line}"
        columns = cells


def test_paragraphs_are_wrapped_and_the_rest_stays() -> None:
    words, code, row = "word " * 30, "```\n" + "x " * 80 + "\n```", "| " + "cell " * 30 + "|"
    page = f"# {words}\n\n{words}`code that is whole`\n\n- {words}\n- short\n\n{code}\n{row}"
    lines = wrapped(page).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == [f"# {words}", "x " * 80, row]
    assert [line for line in lines if line.startswith("  word")], "items keep their indent"
    assert "`code that is whole`" in wrapped(page)
    assert wrapped(wrapped(page)) == wrapped(page)
