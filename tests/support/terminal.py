"""A command on a pseudo terminal, typed at like a person would."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path


class Terminal:
    """One command. ``shown`` is what it said since the last ``until``, ``past`` all before."""

    def __init__(
        self, folder: Path, *words: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.shown = self.past = ""
        self._master, slave = pty.openpty()
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LANG": "C.UTF-8"}
        # The leader of a session that opens a terminal is then controlled by it.
        shell = f'exec "$@" < {os.ttyname(slave)} > {os.ttyname(slave)} 2>&1'
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", shell, "sh", *words],
            cwd=folder,
            env=own if environment is None else dict(environment),
            start_new_session=True,
        )
        self._slave = slave  # open until the end, or the first close would end the reading

    def until(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} was not shown:\n{self.shown}"
            if select.select([self._master], [], [], 0.5)[0]:
                self.shown += os.read(self._master, 4096).decode()
        # What comes after is looked for after it.
        before, _, self.shown = self.shown.partition(text)
        self.past += before + text

    def answer(self, question: str, text: str) -> None:
        """Type at a prompt once it reads.

        One whose answer is not shown throws away what came before the terminal stopped to echo.
        """
        self.until(question)
        begin = len(self.past)
        self.until(": ")
        if "not shown" in self.past[begin:]:
            self._until_silent()
        self.type(f"{text}\n")

    def _until_silent(self) -> None:
        deadline = time.monotonic() + 60
        while termios.tcgetattr(self._slave)[3] & termios.ECHO:
            assert time.monotonic() < deadline, "the terminal still echoes"
            time.sleep(0.005)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        code = self.process.wait(timeout=30)
        while select.select([self._master], [], [], 0)[0]:
            self.shown += os.read(self._master, 4096).decode()
        os.close(self._master)
        os.close(self._slave)
        return code
