"""Reads mails in a process of its own, which may be lost.

Run as a module, this is the child: it takes requests on stdin and gives readings on stdout, each
as its length in four bytes and MessagePack. It has 2 s of CPU for each mail, 256 MiB of memory,
and can open nothing once it runs: no file, no connection.
"""

from __future__ import annotations

import os
import resource
import selectors
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Self

import msgspec

from .limits import CPU_SECONDS, MEMORY_BYTES, MOST_PARSED
from .reading import Reading, Request, Setup, read, unreadable

_LENGTH = struct.Struct(">I")
# By the wall, in case the child hangs without computing: a busy machine gives it little CPU.
_PATIENCE = 60.0


class WorkerBroken(Exception):
    """The child cannot be started, or ends before it has read anything."""


class MailWorker:
    """Reads mails one after another in a child process, replaced when a mail brings it down."""

    def __init__(self, setup: Setup, *, patience: float = _PATIENCE) -> None:
        self._setup = setup
        self._patience = patience
        self._child: subprocess.Popen[bytes] | None = None
        self.replaced = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, request: Request) -> Reading:
        """The reading of a mail; unreadable where it takes too much. Raises WorkerBroken."""
        if len(request.raw) > MOST_PARSED:  # one byte more says that it was cut
            request = Request(request.raw[: MOST_PARSED + 1], request.form)
        child = self._running()
        try:
            _write(child.stdin, msgspec.msgpack.encode(request))
            answer = self._answer(child)
        except (OSError, EOFError):
            answer = None
        if answer is None:
            return unreadable(self._fallen())
        return msgspec.msgpack.decode(answer, type=Reading)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = _start()
            try:
                _write(self._child.stdin, msgspec.msgpack.encode(self._setup))
                ready = self._answer(self._child)
            except (OSError, EOFError):
                ready = None
            if ready != b"ready":
                self.close()
                raise WorkerBroken("The process that reads mail does not start.")
        return self._child

    def _answer(self, child: subprocess.Popen[bytes]) -> bytes | None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            if not waiting.select(self._patience):
                return None
        return _read(child.stdout)

    def _fallen(self) -> str:
        """Why the child ended; the next mail gets a new one."""
        assert self._child is not None  # noqa: S101 - it was asked just now
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(0.2)
        code = self._child.returncode
        self.close()
        self.replaced += 1
        return (
            "too_much_time"
            if code in (None, -signal.SIGPROF, -signal.SIGXCPU)
            else "too_much_memory"
        )


def _start() -> subprocess.Popen[bytes]:
    # Only what it reads and writes: no settings, no secrets, no proxies from the environment.
    passed = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "regulars_connectors.mail.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A trace may hold words of the mail.
        stderr=subprocess.DEVNULL,
        env=passed | {"OPENBLAS_NUM_THREADS": "1"},
    )


def _write(pipe: IO[bytes] | None, message: bytes) -> None:
    assert pipe is not None  # noqa: S101 - both pipes were asked for
    pipe.write(_LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _read(pipe: IO[bytes] | None) -> bytes:
    """The next message. Raises EOFError where the other side has ended."""
    assert pipe is not None  # noqa: S101 - both pipes were asked for
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    if len(message) < length:
        raise EOFError
    return message


def run_child() -> None:
    """The child: read the setup, then mails until stdin ends."""
    taken, given = sys.stdin.buffer, sys.stdout.buffer
    setup = msgspec.msgpack.decode(_read(taken), type=Setup)
    _warm_up(setup)
    _bound_memory()
    _write(given, b"ready")
    while True:
        try:
            message = _read(taken)
        except EOFError:
            return
        request = msgspec.msgpack.decode(message, type=Request)
        with _bound_time():
            answer = _reading(request, setup)
        _write(given, msgspec.msgpack.encode(answer))


def _reading(request: Request, setup: Setup) -> Reading:
    try:
        return read(request, setup)
    except MemoryError:
        return unreadable("too_much_memory")
    except Exception:  # noqa: BLE001 - whatever a mail brings about, the next one is read
        return unreadable("error")


def _warm_up(setup: Setup) -> None:
    """Import all that reading needs: nothing can be opened later."""
    from .charsets import load_codecs

    load_codecs()
    for form, raw in (("message", _SAMPLE), ("html", b"<p>x"), ("text", b"x")):
        read(Request(raw, form), setup)


_SAMPLE = (
    b"From: =?utf-8?b?QWRh?= <ada@example.org>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\nQQ==\n"
    b'--x\nContent-Type: text/vnd.google.email-reaction+json\n\n{"version": 1}\n--x--\n'
)


def _bound_memory() -> None:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS refuses a limit of addresses: time and the patience of the parent are left there.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


@contextmanager
def _bound_time() -> Iterator[None]:
    """SIGPROF ends the process where a mail takes more CPU than it may."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    run_child()
