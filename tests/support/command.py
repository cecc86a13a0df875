"""The command line called in this process: the one way of tests that are not about processes.

What a process of its own adds (signals, a terminal, pipes, the exit code that a shell sees) is
tested in ``test_process_edge``, ``test_exit_codes`` and the consoles of the documentation.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from regulars.cli import main

CANARY_KEY = "canary-key-52f1c09ab7"
_THREE_LINES = r"^{code}: (?P<happened>\S.+)\nSafe: (?P<safe>\S.+)\nTo do: (?P<to_do>\S.+)$"


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)

    def three_lines(self, code: str) -> dict[str, str]:
        """What happened, what is safe and what to do, of the error with that code."""
        found = re.search(_THREE_LINES.format(code=re.escape(code)), self.err, re.MULTILINE)
        assert found, f"no three lines of {code} in:\n{self.err}\n{self.out}"
        return found.groupdict()


def run(config: Path | None, *words: str, typed: str | None = None) -> Said:
    """A command as ``regulars`` runs it, its edge included.

    Keys never show, and a trace only where it is asked for. config: the settings file. typed: all
    that a person types.
    """
    named = ("--config", str(config)) if config else ()
    result = CliRunner().invoke(main, [*named, *words], input=typed, catch_exceptions=False)
    said = Said(result.exit_code, result.stdout, result.stderr)
    assert CANARY_KEY not in said.out + said.err
    assert "--verbose" in words or "Traceback" not in said.out + said.err
    return said
