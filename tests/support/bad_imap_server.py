"""Servers that a mail program should survive: a line that is cut, and answers that are none."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_CHUNK = 65_536


@dataclass
class Cutter:
    """Passes a connection on, and cuts it after so many answers of the server; 0: never."""

    port: int
    after: int = 0
    answers: int = 0


@contextlib.contextmanager
def cutting(target: int) -> Iterator[Cutter]:
    """A port before another one on loopback."""
    with _listening() as listener:
        cutter = Cutter(listener.getsockname()[1])

        def serve(client: socket.socket) -> None:
            with client, socket.create_connection(("127.0.0.1", target)) as server:
                forward = threading.Thread(target=_copy, args=(client, server), daemon=True)
                forward.start()
                while data := _received(server):
                    cutter.answers += 1
                    if cutter.after and cutter.answers >= cutter.after:
                        data = data[: len(data) // 2]
                        with contextlib.suppress(OSError):
                            client.sendall(data)
                        break
                    with contextlib.suppress(OSError):
                        client.sendall(data)
                for one in (client, server):
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                forward.join(5)

        with _accepting(listener, serve):
            yield cutter


@contextlib.contextmanager
def saying(answers: dict[str, bytes]) -> Iterator[int]:
    """A port where each command gets the answer of its first word; `greeting` comes first.

    Answers hold `TAG`, which becomes the command's.
    """
    with _listening() as listener:

        def serve(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                client.sendall(answers.get("greeting", b"* OK ready\r\n"))
                buffer = b""
                while True:
                    while b"\r\n" not in buffer:
                        data = client.recv(_CHUNK)
                        if not data:
                            return
                        buffer += data
                    line, _, buffer = buffer.partition(b"\r\n")
                    tag, _, rest = line.partition(b" ")
                    word = rest.split(b" ")[0].decode().upper()
                    if word == "UID":
                        word = rest.split(b" ")[1].decode().upper()
                    client.sendall(answers.get(word, b"TAG OK done\r\n").replace(b"TAG", tag))

        with _accepting(listener, serve):
            yield int(listener.getsockname()[1])


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        yield listener


@contextlib.contextmanager
def _accepting(listener: socket.socket, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    is_over = threading.Event()
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not is_over.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = listener.accept()
                client.settimeout(30)
                threads.append(threading.Thread(target=serve, args=(client,), daemon=True))
                threads[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(5)
        for one in threads:
            one.join(5)


def _received(line: socket.socket) -> bytes:
    with contextlib.suppress(OSError):
        return line.recv(_CHUNK)
    return b""


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := _received(source):
        try:
            target.sendall(data)
        except OSError:
            return
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
