"""The documentation says what is so: commands run, links lead somewhere, nothing is left out."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from docs.console_blocks import Block, first_missing, read_blocks, run_page
from pydantic import BaseModel

import regulars.errors
import regulars_connectors.errors
from regulars import cli, settings
from regulars_connectors import registry

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md")]
PAGES += sorted(DOCS.rglob("*.md"))
EXAMPLES = sorted((DOCS / "how-to").glob("import-files-*/"))

REASONS = ("make", "docker", "browser")
MOST_NOT_RUN = 9


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks_of(page: Path) -> list[Block]:
    blocks = read_blocks(page.read_text(encoding="utf-8"))
    return [block for block in blocks if isinstance(block, Block)]


RUN = [page for page in PAGES if any(block.reason is None for block in blocks_of(page))]


# What pages show


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_every_console_block_runs_and_says_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    folder, logs = tmp_path / "work", tmp_path / "logs"
    for example in EXAMPLES:
        shutil.copytree(example, folder / example.relative_to(ROOT))
    logs.mkdir()
    faults = run_page(page.read_text(encoding="utf-8"), folder, logs)
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


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [target for target, _ in links_of(page) if target.is_file()]
    assert {page for page in PAGES if DOCS in page.parents} <= reached


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


# The reference leaves nothing out


def reference(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def test_the_generated_parts_are_fresh() -> None:
    script = ROOT / "scripts" / "write-reference"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def verbs_below(command: click.Command, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from verbs_below(below, f"{path} {name}")


def test_every_verb_has_its_heading() -> None:
    headings = re.findall(r"^## `(.+)`$", reference("command-line.md"), re.MULTILINE)
    assert headings == ["regulars", *verbs_below(cli.main, "regulars")]


def models_below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from models_below(kind)


def test_every_setting_has_its_row_and_a_description() -> None:
    page = reference("settings.md")
    sections = [model for model in models_below(settings.Settings) if model != settings.Settings]
    assert len(sections) == 5
    for model in sections:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert f"| `{name}` |" in page or name in ("connections", "widgets", "options")


@pytest.mark.parametrize("name", registry.names())
def test_every_setting_of_a_connector_has_its_row(name: str) -> None:
    section = reference("connectors.md").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    for field in registry.find(name).Settings.model_fields:
        assert f"| `{field}` |" in section


def classes_below(kind: type) -> Iterator[type]:
    yield kind
    for child in kind.__subclasses__():
        yield from classes_below(child)


def test_every_error_code_has_its_heading() -> None:
    headings = re.findall(r"^### `(.+)`$", reference("errors.md"), re.MULTILINE)
    for module in pkgutil.walk_packages(regulars.__path__, "regulars."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    families = (regulars.errors.RegularsError, regulars_connectors.errors.ConnectorError)
    codes = {kind.code for family in families for kind in classes_below(family)}  # type: ignore[attr-defined]
    assert codes <= set(headings)
    assert headings == sorted(set(headings))


def test_every_exit_code_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+) \|", reference("command-line.md"), re.MULTILINE)
    assert [int(code) for code in rows] == [*range(9), 130]


def test_every_report_has_its_heading() -> None:
    from regulars.reports import REPORTS

    headings = "\n".join(re.findall(r"^#+ .+$", reference("reports.md"), re.MULTILINE))
    assert not [x.name for x in REPORTS if not re.search(rf"\b{x.name}\b", headings)]
