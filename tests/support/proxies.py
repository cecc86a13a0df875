"""Caddy and nginx with the files of docs/how-to, on loopback, with a certificate of a test.

Of the files only what a machine decides is replaced: ports, and where the certificate lies.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.image import PROXIES
from support.tls_authority import Certified

FILES = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-for-good"
NAME = "regulars.example.org"
CADDY, NGINX = PROXIES / "usr" / "bin" / "caddy", PROXIES / "usr" / "sbin" / "nginx"
_SECONDS = 30.0


@dataclass(frozen=True)
class Ports:
    """Free ports of this machine. service: where Regulars listens."""

    service: int
    http: int
    https: int


def free_ports() -> Ports:
    """Three ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    found = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return Ports(*found)


def nginx_command(folder: Path, tls: Certified, ports: Ports, *words: str) -> list[str]:
    """nginx in the foreground, writing into ``folder`` alone."""
    text = (FILES / "nginx.conf").read_text()
    place = f"/etc/letsencrypt/live/{NAME}"
    for old, new in (
        (f"{place}/fullchain.pem", str(tls.certificate)),
        (f"{place}/privkey.pem", str(tls.key)),
        ("listen 80;", f"listen 127.0.0.1:{ports.http};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{ports.https} ssl"),
        ("127.0.0.1:8765", f"127.0.0.1:{ports.service}"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "regulars.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}\ninclude {folder}/regulars.conf;\n}}\n"
    )
    return [str(NGINX), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf"), *words]


def caddy_command(folder: Path, tls: Certified, ports: Ports) -> list[str]:
    """Caddy in the foreground. It asks nobody for a certificate, and opens no port to be told."""
    text = (FILES / "Caddyfile").read_text()
    options = (
        "\tadmin off\n\tdefault_bind 127.0.0.1\n"
        f"\thttp_port {ports.http}\n\thttps_port {ports.https}\n"
    )
    site = "{$PUBLIC_HOST:regulars.example.org} {\n"
    for old, new in (
        ("{\n\tservers", f"{{\n{options}\tservers"),
        (site, f"{site}\ttls {tls.certificate} {tls.key}\n"),
        ("127.0.0.1:8765", f"127.0.0.1:{ports.service}"),
    ):  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "Caddyfile").write_text(text)
    return [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@contextmanager
def proxy(kind: str, folder: Path, tls: Certified, ports: Ports) -> Iterator[None]:
    """``caddy`` or ``nginx`` in front of the service while the block runs."""
    command = (caddy_command if kind == "caddy" else nginx_command)(folder, tls, ports)
    if shutil.which(command[0]) is None:
        pytest.fail(f"{kind} is missing: run scripts/install-image-parts")
    log = folder / "log"
    places = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("w") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env={**os.environ, **places}
        )
        try:
            _wait_for(process, ports.https, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.02)


@dataclass(frozen=True)
class Answer:
    """What a proxy answered. headers: names in lower case, the last value of each."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    port: int, trust: ssl.SSLContext, path: str, *, method: str = "GET", host: str = NAME,
    name: str = NAME, source: str = "127.0.0.1", headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Answer:  # fmt: skip
    """Ask over TLS, as anybody may.

    host: the header. name: whose certificate it has to be. source: the address to come from, any
    in 127.0.0.0/8.
    """
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=trust)
    connection.sock = trust.wrap_socket(
        socket.create_connection(("127.0.0.1", port), 60, (source, 0)), server_hostname=name
    )
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for header, value in {"Host": host, **(headers or {})}.items():
            connection.putheader(header, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        found = {header.lower(): value for header, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()
