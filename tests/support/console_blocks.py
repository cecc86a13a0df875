"""Reads the console blocks of a page and runs them as a person would: one shell from top to end.

- A line that begins with ``$ `` is a command; what follows it is output, compared loosely:
  the lines shown must come in that order, and ``…`` stands for anything.
- A block of another kind that begins with a comment of nothing but a file name (``# pigeon.py``)
  is written to that file; ``# pigeon.py goes on`` adds to it.
- A ``diff`` block is given to ``git apply``.
- ``regulars init`` is run on a terminal; what stands after the colon of
  ``3 of 6  …: 1`` is typed; where nothing stands, as after a key, some text.
- What is named in ``_BACKGROUND`` goes on in the background until the page ends.
- An HTML comment ``<!-- not run: reason -->`` just before a block leaves it out.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

_FENCE = re.compile(
    r"^(?P<margin> *)(?:<!-- not run: (?P<reason>[^>]*?) -->\n(?P=margin))?"
    r"```(?P<kind>\w+)\n(?P<body>.*?)^(?P=margin)```$",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"(?:#|--) (?P<name>[\w/.-]+\.\w+)(?P<more> goes on)?\n")
_ASKS = "regulars init"
_QUESTION = re.compile(r"(\d) of 6  .*: ?(.*)")
_TYPIST = Path(__file__).with_name("typed.py")
_BACKGROUND = (
    "regulars simulate ",
    "regulars serve",
    "python pigeon_post.py",
    "python receiver.py",
)
SIMULATOR_PORT, SERVER_PORT = "8901", "8765"
# Whatever was left running ends with the page; waiting for it gives up after half a minute.
_START = """
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
until_said() {
  for _ in $(seq 300); do [ "$(wc -l < "$1")" -ge "$2" ] && return; sleep 0.1; done
  return 1
}
"""
_TYPED = "a-key-that-the-test-types"


@dataclass
class Command:
    """What is typed, and what the page shows after it."""

    text: str
    shown: list[str] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether it is left running."""
        return self.text.startswith(_BACKGROUND)

    @property
    def answers(self) -> list[str]:
        """Question numbers and answers that are typed at it, parted by a tab."""
        asks = self.text.startswith(_ASKS) and "--no-input" not in self.text
        found = [_QUESTION.fullmatch(line.rstrip()) for line in self.shown if asks]
        # Of a secret the page shows nothing, as the terminal does.
        return [f"{match[1]}\t{match[2] or _TYPED}" for match in found if match]


@dataclass(frozen=True)
class Block:
    """One console block. reason: why it is not run, where it is not."""

    commands: list[Command]
    reason: str | None


@dataclass(frozen=True)
class PageFile:
    """A file that the page asks to write, or to add to."""

    name: str
    text: str
    goes_on: bool = False


@dataclass(frozen=True)
class PagePatch:
    """Changes to files that are there already, as a unified diff."""

    text: str


def read_blocks(text: str) -> list[Block | PageFile | PagePatch]:
    """The console blocks, files and changes of a page, in order."""
    found: list[Block | PageFile | PagePatch] = []
    for match in _FENCE.finditer(text):
        body = dedent(match["body"])
        if match["kind"] == "console":
            found.append(Block(_commands(body), match["reason"]))
        elif match["kind"] == "diff":
            found.append(PagePatch(body))
        elif named := _FILE.match(body):
            found.append(PageFile(named["name"], body, goes_on=bool(named["more"])))
    return found


def _commands(body: str) -> list[Command]:
    commands: list[Command] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            commands.append(Command(line[2:]))
        elif commands and commands[-1].text.endswith("\\"):
            commands[-1].text += "\n" + line
        elif commands:
            commands[-1].shown.append(line)
        else:
            raise ValueError(f"output before any command: {line!r}")
    return commands


def run_page(text: str, folder: Path, logs: Path, programs: Path | None = None) -> list[str]:
    """Run a page in ``folder``; what did not go as shown, in words.

    programs: where ``python``, ``pip`` and ``regulars`` are, unless beside this Python.
    """
    ports = {port: str(_free_port()) for port in (SIMULATOR_PORT, SERVER_PORT)}
    for shown, free in ports.items():
        text = text.replace(shown, free)
    steps: list[Command | PageFile] = [
        step for block in read_blocks(text) for step in _steps_of(block)
    ]
    script = logs / "page.sh"
    script.write_text(_script(steps, logs), encoding="utf-8")
    environment = _environment(folder, programs) | {"REGULARS_SERVER__PORT": ports[SERVER_PORT]}
    subprocess.run(["bash", str(script)], cwd=folder, env=environment, timeout=240, check=False)
    return [fault for number, step in enumerate(steps) for fault in _faults(step, number, logs)]


def _steps_of(block: Block | PageFile | PagePatch) -> list[Command | PageFile]:
    if isinstance(block, PageFile):
        return [block]
    if isinstance(block, PagePatch):
        return [Command(f"git apply <<'END OF PATCH'\n{block.text}END OF PATCH")]
    return [] if block.reason else list(block.commands)


def _script(steps: list[Command | PageFile], logs: Path) -> str:
    lines = [_START]
    for number, step in enumerate(steps):
        if isinstance(step, PageFile):
            arrow = ">>" if step.goes_on else ">"
            lines.append(f"mkdir -p $(dirname {step.name})")
            lines.append(f"cat {arrow} {step.name} <<'END OF FILE'\n{step.text}END OF FILE")
            continue
        out, code = (shlex.quote(str(logs / f"{number}.{end}")) for end in ("out", "code"))
        if step.goes_on:
            lines.append(f"( exec {step.text} ) > {out} 2>&1 &\nuntil_said {out} {_lines(step)}")
        elif step.answers:
            answers = logs / f"{number}.answers"
            answers.write_text("\n".join(step.answers) + "\n", encoding="utf-8")
            typist = f"{shlex.quote(sys.executable)} {shlex.quote(str(_TYPIST))}"
            lines.append(f"{typist} {shlex.quote(str(answers))} {step.text} > {out} 2>&1")
        else:
            lines.append(f"{{\n{step.text}\n}} > {out} 2>&1 <<< {_TYPED}")
        lines.append(f"echo $? > {code}")
    return "\n".join(lines) + "\n"


def _lines(step: Command) -> int:
    return max(1, len([line for line in step.shown if line != "…"]))


def _faults(step: Command | PageFile, number: int, logs: Path) -> list[str]:
    if isinstance(step, PageFile):
        return []
    code = logs / f"{number}.code"
    if not code.exists():
        return [f"$ {step.text}\nwas never reached"]
    said = (logs / f"{number}.out").read_text(encoding="utf-8")
    if code.read_text().strip() != "0":
        return [f"$ {step.text}\nended with exit code {code.read_text().strip()} and said:\n{said}"]
    missing = first_missing(step.shown, said.splitlines())
    if missing is None:
        return []
    return [f"$ {step.text}\nthe page shows {missing!r}, but it said:\n{said}"]


def first_missing(shown: list[str], said: list[str]) -> str | None:
    """The first line that a page shows and that was not said in that place; None if all were."""
    rest = iter(said)
    for line in shown:
        if line.strip() in ("", "…"):
            continue
        pattern = re.compile(re.escape(line.rstrip()).replace("…", ".*"))
        if not any(pattern.fullmatch(actual.rstrip()) for actual in rest):
            return line
    return None


def _environment(folder: Path, programs: Path | None) -> dict[str, str]:
    """A clean one: no settings of the person who runs the tests, programs from this Python."""
    path = os.pathsep.join([str(programs or Path(sys.executable).parent), os.environ["PATH"]])
    return {
        "PATH": path,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "200",
        # A page's folder is no part of whatever checkout it may lie in.
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        # pip builds with what is installed and asks no registry.
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
