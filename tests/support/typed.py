"""Runs a command that asks, on a terminal, and types the answers that a page shows.

Arguments: a file with one answer a line, then the command. Prints all that the terminal showed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.terminal import Terminal


def main(answers: Path, words: list[str]) -> int:
    """Type each answer once its question has been asked."""
    terminal = Terminal(Path.cwd(), *words, environment=os.environ)
    for number, answer in enumerate(answers.read_text(encoding="utf-8").splitlines()):
        question, _, text = answer.partition("\t")
        assert question, number
        terminal.answer(f"{question} of 6", text)
    code = terminal.end()
    print((terminal.past + terminal.shown).replace("\r\n", "\n"))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
