"""What tests ask of a process of their own."""

from __future__ import annotations

import subprocess


def said_until(process: subprocess.Popen[str], text: str) -> str:
    """What the process says on stderr, to the end of the line with ``text``.

    Waits no longer than the process lives; the time limit of the test bounds that.
    """
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if text in line:
            return said
    raise AssertionError(f"{text!r} was not said:\n{said}")


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it says on stdout and stderr to its end, after ``said_until``.

    ``communicate`` would lose what was read ahead.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        err = process.stderr.read()
        out = process.stdout.read()
        process.wait(timeout=60)
    return out, err
