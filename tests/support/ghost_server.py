"""A real Ghost on a free loopback port, with a database and a content folder of its own.

`scripts/install-ghost` puts the programs into the cache folder, one of each line; a missing one is
a failure, never a skip. What Ghost's own API can make is made by it (owner, key, members, posts);
engagement is written into its SQLite file by SQL, since Ghost gets it from a mail provider only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

VERSIONS = {"line5": "5.130.6", "line6": "6.65.0"}
"""The Ghosts of the tests, by the line that they stand for."""
CACHE = Path(
    os.environ.get("REGULARS_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regulars"
)
START_SECONDS = 120
OWNER = {"email": "owner@example.org", "password": "not-a-secret-1234", "name": "Owner"}
ADMIN = "/ghost/api/admin"


@dataclass
class GhostServer:
    """One running Ghost. ``key`` is a custom integration's, as the owner would copy it."""

    line: str
    url: str
    database: Path
    process: subprocess.Popen[bytes]
    owner: httpx.Client
    key: str = ""

    @property
    def version(self) -> str:
        """As Ghost itself says it in its answers: without the last number."""
        return VERSIONS[self.line].rpartition(".")[0]

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Call the Admin API as the owner; what it answers."""
        answer = self.owner.request(method, f"{ADMIN}{path}", **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask Ghost's own database."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(sql, values).fetchall()

    def count(self, sql: str, *values: Any) -> int:
        """One number out of Ghost's own database."""
        return int(self.rows(sql, *values)[0][0])

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows in one short transaction; Ghost waits for the lock meanwhile."""
        if not rows:
            return
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            columns = self._columns(connection, table, rows[0])
            marks = ", ".join(f":{column}" for column in columns)
            quoted = ", ".join(f'"{column}"' for column in columns)
            with connection:
                connection.executemany(
                    f"INSERT INTO {table} ({quoted}) VALUES ({marks})", [dict(row) for row in rows]
                )

    def change(self, sql: str, *values: Any) -> None:
        """Change Ghost's own database in one short transaction."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            connection.execute(sql, values)
            connection.commit()

    def _columns(
        self, connection: sqlite3.Connection, table: str, row: Mapping[str, Any]
    ) -> list[str]:
        """The row's columns that this version's table has. Fails where the table needs another."""
        described = connection.execute(f"PRAGMA table_info({table})").fetchall()
        needed = {name for _, name, _, notnull, default, _ in described if notnull and not default}
        assert needed <= row.keys(), f"{table} needs {needed - row.keys()}"
        return [name for _, name, *_ in described if name in row]

    def end(self) -> None:
        """End this process, and no other."""
        self.owner.close()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def ghost_server(line: str, folder: Path) -> Iterator[GhostServer]:
    """Start Ghost in ``folder``, make its owner and an integration key, and end it afterwards."""
    server = start(line, folder)
    try:
        _set_up(server)
        yield server
    finally:
        server.end()


def start(line: str, folder: Path, port: int | None = None) -> GhostServer:
    """Start Ghost on ``port`` (a free one unless given) and wait until it answers."""
    program = CACHE / f"ghost-{VERSIONS[line]}"
    # line 6 needs a newer node than most machines have: its own one is beside it
    node = shutil.which("node", path=str(program)) or shutil.which("node")
    if node is None or not (program / "index.js").is_file():
        pytest.fail(f"node or {program.name} is missing: run scripts/install-parts")
    content = folder / "content"
    if not content.exists():
        shutil.copytree(program / "content", content, symlinks=True)
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    database = folder / "ghost.db"
    with (folder / "ghost.log").open("ab") as log:
        process = subprocess.Popen(
            [node, "index.js"],
            cwd=program,
            env=_environment(url, port, database, content),
            stdout=log,
            stderr=log,
        )
    owner = httpx.Client(base_url=url, headers={"Origin": url}, timeout=180, trust_env=False)
    server = GhostServer(line, url, database, process, owner)
    _await_answer(server, folder / "ghost.log")
    return server


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _environment(url: str, port: int, database: Path, content: Path) -> dict[str, str]:
    quiet = dict.fromkeys(
        (
            f"privacy__use{name}"
            for name in ("UpdateCheck", "Gravatar", "RpcPing", "StructuredData")
        ),
        "false",
    )
    return quiet | {
        "PATH": os.environ["PATH"],
        "HOME": str(content.parent),
        "NODE_ENV": "development",
        "url": url,
        "server__host": "127.0.0.1",
        "server__port": str(port),
        "database__client": "sqlite3",
        "database__connection__filename": str(database),
        "mail__transport": "stub",
        "paths__contentPath": str(content),
        # otherwise a code that is mailed would be needed to sign in
        "security__staffDeviceVerification": "false",
        "logging__transports": '["stdout"]',
    }


def _await_answer(server: GhostServer, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            answered = server.owner.get(f"{ADMIN}/site/").status_code == 200
            if answered and server.process.poll() is None:  # it is ours that holds the port
                return
        time.sleep(0.1)
    server.end()
    pytest.fail(f"Ghost did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def _set_up(server: GhostServer) -> None:
    setup = OWNER | {"blogTitle": "Field Notes"}
    server.call("POST", "/authentication/setup/", json={"setup": [setup]})
    session = {"username": OWNER["email"], "password": OWNER["password"]}
    answer = server.owner.post(f"{ADMIN}/session/", json=session)
    assert answer.status_code == 201, answer.text
    made = server.call(
        "POST",
        "/integrations/?include=api_keys",
        json={"integrations": [{"name": "Regulars"}]},
    )
    keys = made["integrations"][0]["api_keys"]
    server.key = next(key["secret"] for key in keys if key["type"] == "admin")
