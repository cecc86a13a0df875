"""What a connector's code gives when it breaks: where in it that was, and texts that can be kept.

An error may hold anything where its texts should be, and a provider's texts may hold what moves a
cursor, colours a terminal or cannot be written to a file. Both are put right here, at the edge.
"""

from __future__ import annotations

import sys
import threading
import traceback
from pathlib import Path

from .errors import ConnectorError
from .foreign_text import one_line

_TEXTS = ("code", "happened", "safe", "to_do")


def plain(text: str) -> str:
    """A text on one line, fit for a terminal and a file."""
    return text if text.isprintable() else one_line(text)


def is_line(text: object) -> bool:
    """Whether it is a text on one line that can be printed, and not an empty one."""
    return isinstance(text, str) and bool(text) and text.isprintable()


def lacks_text(error: ConnectorError) -> bool:
    """Whether an error of the family lacks one of its texts; those that it has are made plain."""
    for name in _TEXTS:
        text = getattr(error, name, None)
        if not isinstance(text, str):
            return True
        if not text.isprintable():
            setattr(error, name, plain(text))
    return False


def is_interrupt(error: BaseException) -> bool:
    """Whether the owner pressed Ctrl-C: that reaches the main thread, and nothing else is one."""
    return isinstance(error, KeyboardInterrupt) and (
        threading.current_thread() is threading.main_thread()
    )


def place_of(error: BaseException, module: str | None, ours: Path | None = None) -> str:
    """Where it went wrong, as "at pigeon.py, line 93": the innermost place in code of ``module``.

    Not in a library that it called: nobody finds their own fault there. Where nothing of ``module``
    was under way, the innermost place that is not below ``ours``.
    """
    frames = traceback.extract_tb(error.__traceback__)
    home = _home_of(module)
    theirs = [frame for frame in frames if home is not None and _lies_in(frame.filename, home)]
    if not theirs:
        theirs = [frame for frame in frames if ours is None or not _lies_in(frame.filename, ours)]
    if not (theirs or frames):
        return "at an unknown place"
    frame = (theirs or frames)[-1]
    return f"at {Path(frame.filename).name}, line {frame.lineno}"


def _home_of(module: str | None) -> Path | None:
    """The file or, where it has several, the folder of the package that a module belongs to."""
    top = sys.modules.get((module or "").partition(".")[0])
    file = getattr(top, "__file__", None)
    if file is None:
        return None
    return Path(file).parent if hasattr(top, "__path__") else Path(file)


def _lies_in(file: str, home: Path) -> bool:
    return Path(file) == home or home in Path(file).parents
