"""Texts for people: whole, in one catalogue for each surface, every part filled.

A literal counts as a text where it holds three plain words in a row, or ends as a sentence does.
Docstrings, descriptions of fields, errors, log lines, statements and commands to type are none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment, nodes
from markupsafe import Markup

from regulars import errors
from regulars.messages import Label, Sentence, Text, in_a_row
from regulars.notices import messages as of_notices
from regulars.pages import messages as of_pages
from regulars.reports import messages as of_reports
from regulars.widgets import messages as of_widgets

SERVICE = Path(of_pages.__file__).parents[1]
CATALOGUES: dict[str, ModuleType] = {
    "pages": of_pages,
    "widgets": of_widgets,
    "reports": of_reports,
    "notices": of_notices,
}
MODULES = [
    path
    for room in CATALOGUES
    for path in sorted((SERVICE / room).rglob("*.py"))
    if path.name != "messages.py"
]
TEMPLATES = sorted((SERVICE / "pages" / "templates").glob("*.html"))
THREE_WORDS = re.compile(r"\b[A-Za-z']+,? [a-z']+,? [a-z']+\b")
COUNTED = re.compile(r"\{(\w+)\} (?:more )?(?:people|(?!is\b|was\b|has\b)[a-z]+s)\b")
# Never one: rounded figures and groups, seats of several people, the posts that the rule looks at
# and those before somebody counts.
# Names are no numbers.
SEVERAL = {"value", "people", "high", "of", "fewest", "units", "connection", "publication"}
WHOLE = re.compile(r"[A-Z{<0].* .*[.!?]", re.DOTALL)


def texts_of(catalogue: ModuleType) -> Iterator[tuple[str, Text]]:
    """Every text by its name; those of a table by the table's name and the key."""
    for name, value in vars(catalogue).items():
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, dict) and name.isupper():
            yield from ((f"{name}[{key}]", text) for key, text in value.items())


def every_text() -> list[tuple[str, Text]]:
    return [
        (f"{room}: {name}", text)
        for room, catalogue in CATALOGUES.items()
        for name, text in texts_of(catalogue)
    ]


# What a text is


def test_a_part_is_filled_and_a_missing_one_is_an_error() -> None:
    text = Sentence("About {value} people came.")
    assert text(value="1,200") == "About 1,200 people came."
    with pytest.raises(KeyError, match="value"):
        text(number=3)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 people came."), (1, "One person came."), (1.2, "One person came."), (2400, "2,400 p")],
)
def test_the_count_chooses_the_form(count: float, said: str) -> None:
    assert Sentence("One person came.", "{count} people came.")(count=count).startswith(said)


def test_a_count_that_is_no_number_is_an_error() -> None:
    with pytest.raises(TypeError, match="it is a number, not '3'"):
        Label("one", "{count}")(count="3")


def test_in_a_page_parts_are_escaped_and_markup_stays() -> None:
    text = Label("<b>{who}</b> on {day}")
    assert text.html(who="<i>", day=Markup("<time>1</time>")) == (
        "<b>&lt;i&gt;</b> on <time>1</time>"
    )


def test_braces_in_a_part_are_text() -> None:
    assert Sentence("{title}: too early.")(title="{low}") == "{low}: too early."


def test_sentences_follow_each_other() -> None:
    assert in_a_row("One.", "", "Two.") == "One. Two."


# What stands in the catalogues


@pytest.mark.parametrize(("name", "text"), every_text(), ids=lambda value: str(value)[:60])
def test_no_text_is_a_fragment(name: str, text: Text) -> None:
    for form in text.forms:
        assert form == form.strip(), name
        assert re.search("[a-z]", form), f"{name} says nothing"
        assert not re.search(r"[,;:(]$|^[,;:.)]|  ", form), f"{name} is a piece of a text"
        if isinstance(text, Sentence):
            assert re.match(r"[A-Z{]", form), f"{name}: a sentence starts with a capital"
            assert re.search(r"[.?!]$", form), f"{name}: a sentence ends with a stop"
    if text.many is not None:
        one, many = Text(text.text).parts, Text(text.many).parts
        assert one | {"count"} == many | {"count"}, f"{name}: both forms name the same parts"


def counted_in_one_form(text: Text) -> list[str]:
    """Parts before the word that they count, where the text has no other form for one."""
    return [] if text.many else [name for name in COUNTED.findall(text.text) if name not in SEVERAL]


@pytest.mark.parametrize(("name", "text"), every_text(), ids=lambda value: str(value)[:60])
def test_what_may_be_one_has_a_form_for_one(name: str, text: Text) -> None:
    assert counted_in_one_form(text) == [], f"{name}: write one and many"


def test_a_count_in_one_form_is_found() -> None:
    assert counted_in_one_form(Sentence("{count} people came.")) == ["count"]
    assert counted_in_one_form(Sentence("One came.", "{count} people came.")) == []
    assert counted_in_one_form(Sentence("About {value} people came.")) == []


def test_no_sentence_stands_twice_in_a_catalogue() -> None:
    for catalogue in CATALOGUES.values():
        said = [text for _, text in texts_of(catalogue)]
        assert len(said) == len(set(said))


# How they are used


def calls_in(tree: ast.AST) -> Iterator[tuple[str, set[str], int]]:
    """Each direct call of a text: its name, the parts that are given, the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr == "html":
                called = called.value
            if name := named_by(called):
                yield name, {word.arg or "**" for word in node.keywords}, node.lineno


def named_by(node: ast.AST) -> str | None:
    """The name of the text that ``messages.NAME`` stands for."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "messages" and node.attr.isupper() else None
    return None


def faults_of_use(source: str, catalogue: ModuleType) -> list[str]:
    """Calls with other parts than the text has, and choices between texts of different parts."""
    texts, tree = dict(texts_of(catalogue)), ast.parse(source)
    faults = [
        f"line {line}: {name} has {sorted(texts[name].parts)}, given are {sorted(given)}"
        for name, given, line in calls_in(tree)
        if name in texts and texts[name].parts != given
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp):
            names = [named_by(node.body), named_by(node.orelse)]
            chosen = [texts[name] for name in names if name in texts]
            if len({text.parts for text in chosen}) > 1:
                faults.append(f"line {node.lineno}: {names} do not have the same parts")
    return faults


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SERVICE)))
def test_every_part_of_a_text_is_given(path: Path) -> None:
    catalogue = CATALOGUES[path.relative_to(SERVICE).parts[0]]
    assert not faults_of_use(path.read_text(encoding="utf-8"), catalogue)


def test_a_missing_a_surplus_and_a_wrong_part_are_found() -> None:
    for call in (
        "messages.NEXT_LOOK()",
        "messages.NEXT_LOOK(day=1, year=2)",
        "messages.NEXT_LOOK.html(when=1)",
        "(messages.NEXT_LOOK if x else messages.PAUSED)(day=1)",
    ):
        assert len(faults_of_use(call, of_pages)) == 1, call
    assert not faults_of_use("messages.NEXT_LOOK(day=1); messages.PAUSED()", of_pages)


def test_every_text_is_used() -> None:
    for room, catalogue in CATALOGUES.items():
        used = {
            name
            for path in SERVICE.rglob("*.py")
            for name in re.findall(r"[A-Z][A-Z_0-9]+", path.read_text(encoding="utf-8"))
            if path != SERVICE / room / "messages.py"
        } | {
            name
            for path in TEMPLATES
            for name in re.findall(r"text\.([A-Z_0-9]+)", path.read_text())
        }
        unused = {name.partition("[")[0] for name, _ in texts_of(catalogue)} - used
        assert not unused, f"{room}/messages.py has texts that nobody shows"


# That there are no others


def texts_in(source: str) -> Iterator[str]:
    """Literals that look like texts for people."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if is_no_text(node):
            for below in ast.walk(node):
                below.skipped = True  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if hasattr(node, "skipped"):
            continue
        if isinstance(node, ast.JoinedStr):
            for part in node.values:
                part.skipped = True  # type: ignore[attr-defined]
        text = literal_of(node)
        if text and not text.startswith("regulars ") and says_something(text):
            yield text


def says_something(text: str) -> bool:
    return bool(THREE_WORDS.search(text) or WHOLE.fullmatch(text))


def literal_of(node: ast.AST) -> str | None:
    """A string as it stands, values in it as a 0."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values
        )
    return None


def is_no_text(node: ast.AST) -> bool:
    """Docstrings, descriptions, what is raised, logged or executed, and what an assertion says."""
    if isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Attribute):
            logged = isinstance(called.value, ast.Name) and called.value.id == "logger"
            return logged or called.attr == "execute"
        return isinstance(called, ast.Name) and hasattr(errors, called.id)
    if isinstance(node, ast.keyword):
        return node.arg in ("description", "question")
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Raise, ast.Assert))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SERVICE)))
def test_texts_stand_in_the_catalogue_alone(path: Path) -> None:
    found = list(texts_in(path.read_text(encoding="utf-8")))
    assert not found, f"put these into messages.py beside it, whole: {found}"


@pytest.mark.parametrize(
    "source",
    [
        'x = "Nobody came."',
        'x = f"About {n} people keep coming."',
        'x = f"etween {low} and {high} people came back"',
        'x = f"{n} of them."',
        'y = call("only a piece of it")',
    ],
)
def test_a_text_elsewhere_is_found(source: str) -> None:
    assert len(list(texts_in(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring that says something."""',
        'Field(description="how many people came back")',
        'raise ValueError(f"{x} is no name of a figure")',
        'error = UsageWrong("This cannot be read by us.")',
        'logger.warning("an answer was not kept")',
        'x = f"{day.day} {day:%B} {day.year}"',
        'x = "public, max-age=300"',
    ],
)
def test_what_is_no_text_is_let_be(source: str) -> None:
    assert not list(texts_in(source))


class _Words(HTMLParser):
    """What a template says by itself, between tags and in the attributes that people hear."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._mute = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mute = tag == "style"
        told = ("alt", "title", "aria-label", "placeholder")
        self.words += [value for name, value in attrs if name in told and value]

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.words.append(data)


def words_in(template: str) -> list[str]:
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL)
    read = _Words()
    read.feed(plain)
    return [word for text in read.words for word in re.findall(r"[A-Za-z]{2,}", text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_say_nothing_by_themselves(path: Path) -> None:
    # "Regulars" is the product's name, in the title of a page that has none of its own.
    assert [word for word in words_in(path.read_text()) if word != "Regulars"] == []


def test_words_of_a_template_are_found() -> None:
    assert words_in('<p aria-label="Here">{{ x }} and <b>more</b>{# not this #}</p>') == [
        "Here", "and", "more",
    ]  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_give_every_part(path: Path) -> None:
    catalogue = of_widgets if path.name.startswith("widget") else of_pages
    texts = dict(texts_of(catalogue))
    for call in Environment(autoescape=True).parse(path.read_text()).find_all(nodes.Call):
        called = call.node
        if isinstance(called, nodes.Getattr) and called.attr == "html":
            called = called.node
        if isinstance(called, nodes.Getattr) and getattr(called.node, "name", None) == "text":
            given = {keyword.key for keyword in call.kwargs}
            assert texts[called.attr].parts == given, f"{path.name}: {called.attr}"
