"""Providers on real sockets that begin to answer and never end, or tell to come back later."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{"
_PARTS = {
    "silent": (b"", b""),
    "headers drip": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "interim responses": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50),
    "body drips": (_HEAD, b" "),
    "retry after": (b"HTTP/1.1 429 Later\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n", b""),
}


@contextmanager
def dripping(kind: str) -> Iterator[tuple[str, threading.Event]]:
    """A provider that begins and never ends. The event says that a request has come."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked, ended = threading.Event(), threading.Event()
    threads = []

    def drip(connection: socket.socket) -> None:
        first, again = _PARTS[kind]
        with connection, suppress(OSError):
            connection.recv(65536)
            asked.set()
            connection.sendall(first)
            while not ended.wait(0.005):
                connection.sendall(again)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=drip, args=(listener.accept()[0],)))
                threads[-1].start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *threads]:
            thread.join(timeout=10)
