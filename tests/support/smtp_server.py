"""A mail server on loopback for tests: it takes mail, refuses it, hangs, drips or drops."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

Mood = Literal[
    "well",
    "refuses at once",
    "refuses the password",
    "refuses the recipients",
    "refuses the message",
    "hangs at once",
    "hangs after the message",
    "drips",
    "drops at once",
    "drops before the message",
    "drops after the message",
    "drops at the end",
]


@dataclass
class SmtpServer:
    """Serves while the block runs.

    mood: how it behaves; may be changed between deliveries. tls: for STARTTLS, or from the first
    byte with is_tls. mails: what it took, as text. sessions: how many connections came.
    """

    mood: Mood = "well"
    tls: ssl.SSLContext | None = None
    is_tls: bool = False
    mails: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sessions: int = 0

    def __enter__(self) -> SmtpServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _begin(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.sessions += 1
                self._open.append(connection)
                self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self.is_tls and self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, _Session(self, connection) as session:
                session.run()

    def wait(self) -> None:
        """Say nothing until the block ends."""
        self._is_over.wait(30)

    def drip(self, connection: socket.socket) -> None:
        """One letter now and then, and never the end of a line."""
        while not self._is_over.wait(0.05):
            connection.sendall(b"2")


class _Session:
    def __init__(self, server: SmtpServer, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection
        self._lines: BinaryIO = connection.makefile("rb")

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._connection.close()  # another one than at first after STARTTLS

    def run(self) -> None:
        server = self._server
        if server.mood == "hangs at once":
            return server.wait()
        if server.mood == "drips":
            return server.drip(self._connection)
        if server.mood == "drops at once":
            return None
        if server.mood == "refuses at once":
            return self._say("554 no service here")
        self._say("220 mail.example.org ESMTP")
        while line := self._lines.readline().decode("ascii").strip():
            if not self._answer(line):
                return None
        return None

    def _say(self, text: str) -> None:
        self._connection.sendall(f"{text}\r\n".encode())

    def _answer(self, line: str) -> bool:
        word = line.split(maxsplit=1)[0].upper()
        match word:
            case "EHLO" | "HELO":
                self._greet()
            case "STARTTLS":
                self._start_tls()
            case "AUTH":
                self._log_in(line)
            case "MAIL":
                self._say("250 ok")
            case "RCPT":
                refuses = self._server.mood == "refuses the recipients"
                self._server.recipients.append(line)
                self._say("550 canary.reader@example.org is unknown" if refuses else "250 ok")
            case "DATA":
                return self._take()
            case "RSET" | "NOOP":
                self._say("250 ok")
            case "QUIT":
                if self._server.mood != "drops at the end":
                    self._say("221 bye")
                return False
            case _:
                self._say("502 what?")
        return True

    def _greet(self) -> None:
        offers = ["mail.example.org"]
        if self._server.tls is not None and not isinstance(self._connection, ssl.SSLSocket):
            offers.append("STARTTLS")
        offers += ["AUTH PLAIN", "SIZE 1000000"]
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")

    def _start_tls(self) -> None:
        assert self._server.tls is not None
        self._say("220 go ahead")
        self._lines.close()
        self._connection = self._server.tls.wrap_socket(self._connection, server_side=True)
        self._lines = self._connection.makefile("rb")

    def _log_in(self, line: str) -> None:
        if self._server.mood == "refuses the password":
            return self._say("535 canary.reader@example.org may not")
        self._server.logins.append(base64.b64decode(line.split()[2]).decode())
        return self._say("235 welcome")

    def _take(self) -> bool:
        if self._server.mood == "drops before the message":
            return False
        self._say("354 go on")
        body = b""
        while (line := self._lines.readline()) not in (b".\r\n", b""):
            body += line
        match self._server.mood:
            case "refuses the message":
                self._say("554 canary words")
                return True
            case "hangs after the message":
                self._server.wait()
                return False
            case "drops after the message":
                return False
        self._server.mails.append(body.decode())
        self._say("250 taken")
        return True
