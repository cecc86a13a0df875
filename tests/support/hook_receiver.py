"""A receiver of web hooks on loopback for tests, which answers as it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True)
class Received:
    """One request: its target, headers by small letters, body."""

    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HookReceiver:
    """Serves while the block runs.

    answers: given in turn, the last one for ever; None hangs, b"" drops the connection.
    received: the requests.
    """

    answers: list[bytes | None] = field(default_factory=lambda: [ok()])
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> HookReceiver:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks/canary-token?key=canary-query"
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        self.received.append(_request(lines))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            self._is_over.wait(30)
        else:
            connection.sendall(answer)


def _request(lines: BinaryIO) -> Received:
    target = lines.readline().decode().split()[1]
    headers = {}
    while line := lines.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Received(target, headers, lines.read(int(headers.get("content-length", "0"))))


def ok(status: int = 200, *headers: str) -> bytes:
    """A short answer of that status."""
    head = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status} X\r\n{head}Content-Length: 2\r\n\r\nok".encode()
