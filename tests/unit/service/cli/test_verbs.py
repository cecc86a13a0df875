"""The list of verbs, and how little is loaded to show it."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from regulars.cli import main

_LOADED = """
import sys
before = set(sys.modules)
from regulars.cli import main
main(sys.argv[1:], prog_name="regulars", standalone_mode=False)
print("\\n".join(sorted(set(sys.modules) - before)), file=sys.stderr)
"""
OURS = {"regulars", "regulars.cli", "regulars.cli.context", "regulars.cli.terminal"}


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_version_and_help_load_no_verb_and_no_library_but_click(word: str) -> None:
    command = [sys.executable, "-c", _LOADED, word]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(("regulars, version", "Usage: regulars"))
    loaded = set(done.stderr.split())
    assert {name for name in loaded if name.startswith("regulars")} == OURS
    from_elsewhere = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert from_elsewhere == {"click", "regulars"}


def test_each_verb_is_listed_with_what_it_says_itself() -> None:
    context = click.Context(main, info_name="regulars")
    shown = main.get_help(context)
    for name in main.list_commands(context):
        verb = main.get_command(context, name)
        assert verb is not None
        assert f"  {name:<13}{verb.get_short_help_str(limit=200)}\n" in shown
