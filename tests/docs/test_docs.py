"""The documentation says what is so: commands run, links lead somewhere, nothing is left out."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from support.console_blocks import Block, first_missing, read_blocks, run_page
from support.environments import copy_sources, make_environment

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md")]
PAGES += sorted(DOCS.rglob("*.md"))
EXAMPLES = [
    *sorted((DOCS / "how-to").glob("import-files-*/")),
    DOCS / "how-to" / "explain-a-mail",
    DOCS / "how-to" / "import-mail-example",
]

REASONS = ("make", "docker", "browser")
MOST_NOT_RUN = 9


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks_of(page: Path) -> list[Block]:
    blocks = read_blocks(page.read_text(encoding="utf-8"))
    return [block for block in blocks if isinstance(block, Block)]


# Pages that build packages, sync many publications, or start more than a handful of processes.
LONG = (
    "write-a-connector.md", "add-a-report.md", "many-publications.md", "first-sync.md",
    "beehiiv-segments.md", "embed-a-figure.md", "import-a-beehiiv-export.md", "keep-it-safe.md",
    "import-files.md", "forget-a-person.md", "put-it-on-the-web.md", "import-mail.md",
    "explain-a-mail.md", "watch-it.md",
)  # fmt: skip
# Followed by a test of its own, which also looks at what came of it.
FOLLOWED = ("add-a-stream.md",)
RUN = [
    page
    for page in PAGES
    if page.name not in FOLLOWED and any(block.reason is None for block in blocks_of(page))
]


# What pages show


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.long] * (page.name in LONG)) for page in RUN],
    ids=name_of,
)
def test_every_console_block_runs_and_says_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    folder, logs = tmp_path / "work", tmp_path / "logs"
    for example in EXAMPLES:
        shutil.copytree(example, folder / example.relative_to(ROOT))
    logs.mkdir()
    text = page.read_text(encoding="utf-8")
    programs = None
    if re.search(r"^(#|--) service/", text, re.MULTILINE):
        copy_sources(ROOT, folder)
        programs = make_environment(
            tmp_path / "environment", folder / "service", folder / "connectors"
        )
    elif re.search(r"^\$ pip install ", text, re.MULTILINE):
        programs = make_environment(tmp_path / "environment")
    faults = run_page(text, folder, logs, programs)
    assert not faults, "\n\n".join(faults)


def test_few_blocks_are_left_out_and_each_says_why() -> None:
    left_out = [block for page in PAGES for block in blocks_of(page) if block.reason is not None]
    assert len(left_out) <= MOST_NOT_RUN
    for block in left_out:
        assert block.reason in REASONS
        if block.reason != "browser":
            assert any(command.text.startswith(block.reason) for command in block.commands)


def test_no_console_block_is_overlooked() -> None:
    for page in PAGES:
        fences = re.findall(r"^ *```console$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == len(blocks_of(page)), name_of(page)


def test_a_page_that_says_what_is_not_so_is_found_out(tmp_path: Path) -> None:
    page = "```console\n$ false\n$ echo one\ntwo\n$ export A=1\n$ echo $A\n1\n$ exit\n$ echo\n```\n"
    faults = run_page(page, tmp_path, tmp_path)
    reasons = ("ended with exit code 1", "the page shows 'two'", "was never reached")
    assert len(faults) == 4
    assert all(reason in fault for reason, fault in zip(reasons, faults, strict=False))


def test_a_page_writes_its_files_in_pieces(tmp_path: Path) -> None:
    page = (
        "```python\n# some/one.py\nprint(1)\n```\n\n```python\n# not a file name\nnothing\n```\n"
        "```python\n# some/one.py goes on\nprint(2)\n```\n"
        "```console\n$ python some/one.py\n1\n2\n```\n"
    )
    assert not run_page(page, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("shown", "said", "missing"),
    [
        (["one", "…", "three"], ["one", "two", "three"], None),
        (["about … people"], ["about 208 people"], None),
        (["one", "two"], ["two", "one"], "two"),
        (["one"], ["one more"], "one"),
    ],
)
def test_output_is_compared_line_by_line(
    shown: list[str], said: list[str], missing: str | None
) -> None:
    assert first_missing(shown, said) == missing


# Links


def links_of(page: Path) -> Iterator[tuple[Path, str]]:
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [
        f"{target.name}#{anchor}"
        for target, anchor in links_of(page)
        if not target.exists() or (anchor and anchor not in anchors_of(target))
    ]
    assert not broken


def not_listed(index: Path, pages: Iterable[Path]) -> list[str]:
    """What to do about each page that the index does not link itself."""
    listed = {target for target, _ in links_of(index)}
    return [
        f"docs/index.md lists every page: add a line for {page.relative_to(DOCS)}"
        for page in pages
        if page not in (index, *listed)
    ]


def test_the_index_lists_every_page() -> None:
    assert not not_listed(DOCS / "index.md", sorted(DOCS.rglob("*.md")))


def test_a_page_that_the_index_does_not_list_is_named() -> None:
    (told,) = not_listed(DOCS / "index.md", [DOCS / "how-to" / "fly.md", DOCS / "glossary.md"])
    assert told.endswith("add a line for how-to/fly.md")


# Decisions and changelog


def test_every_decision_has_its_four_headings_and_fits_half_a_page() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    for number, page in enumerate(decisions, start=1):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number:04d} ")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
        assert len(text.split()) < 400, page.name


def test_the_newest_version_of_the_changelog_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert versions[0] == project["version"]


def test_each_change_stands_once_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    changes = [" ".join(change.split()) for change in text.split("\n- ")[1:]]
    assert not {change for change in changes if changes.count(change) > 1}
