"""From nothing to a page behind TLS, as docs/how-to/run-for-good.md and put-it-on-the-web.md say.

Caddy and nginx of Debian with the files of the page, a certificate of a test authority, and
`regulars serve` behind them. Strangers have addresses of 127.0.0.0/8 of their own.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from support.processes import said_until
from support.proxies import NAME, Answer, Ports, ask, free_ports, proxy
from support.tls_authority import certify

pytestmark = pytest.mark.servers

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
PUBLICATION = "invented-letters"
WIDGET = "wgt_q83vEjRWeJCrze8SNFZ4kA"
SETTINGS = f"""
[server]
port = {{port}}
public_host = "{NAME}"
trusted_proxies = ["127.0.0.1", "::1"]

[store]
free_space_floor_mib = 0

[[publications]]
name = "{PUBLICATION}"
title = "Invented Letters"
time_zone = "Europe/Lisbon"

[[publications.widgets]]
key = "{WIDGET}"
public_base_url = "https://{NAME}"
"""
MOST_WRONG = 10


@dataclass(frozen=True)
class Site:
    """A service behind a proxy."""

    kind: str
    folder: Path
    ports: Ports
    trust: ssl.SSLContext

    def get(self, path: str, **more: Any) -> Answer:
        """Ask the proxy over TLS."""
        return ask(self.ports.https, self.trust, path, **more)

    def wrong_keys(self, source: str, number: int, **headers: str) -> list[int]:
        """What a stranger gets who tries so many keys."""
        return [
            self.get(
                "/api/v1/publications",
                source=source,
                headers={"Authorization": f"Bearer rgl_wrong{turn}", **headers},
            ).status
            for turn in range(number)
        ]

    def regulars(self, *words: str) -> str:
        """What a command of the owner prints, as on the page."""
        return regulars(self.folder, *words)


def regulars(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [program(), *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def program() -> str:
    return str(Path(sys.executable).with_name("regulars"))


@pytest.fixture(scope="module", params=["caddy", "nginx"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    ports = free_ports()
    (folder / "regulars.toml").write_text(SETTINGS.format(port=ports.service))
    shutil.copytree(EXAMPLE, folder / "letters")
    regulars(folder, "import", "files", "letters", "--publication", PUBLICATION)
    tls_folder = folder / "proxy"
    tls_folder.mkdir()
    tls = certify(NAME, tls_folder)
    command = [program(), "serve"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            said_until(process, f":{ports.service}")
            with proxy(request.param, tls_folder, tls, ports):
                yield Site(request.param, folder, ports, tls.trusting())
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    return site.regulars("keys", "add", "the site").strip()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_certificate_is_of_this_name_alone(site: Site) -> None:
    assert site.get("/healthz").status == 200
    with pytest.raises(ssl.SSLError):
        site.get("/healthz", name="other.example.org")
    with pytest.raises(ssl.SSLError):  # of whom nobody but this test has heard
        ask(site.ports.https, ssl.create_default_context(), "/healthz")


def test_plain_http_leads_to_tls(site: Site) -> None:
    url = f"http://127.0.0.1:{site.ports.http}/p/letters"
    answer = httpx.get(url, headers={"Host": NAME}, timeout=30)
    assert answer.status_code in (301, 308)
    assert re.fullmatch(rf"https://{NAME}(:\d+)?/p/letters", answer.headers["location"])
    assert site.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"


def test_nobody_sees_the_page_without_signing_in(site: Site) -> None:
    assert site.get(f"/p/{PUBLICATION}").status == 401
    assert site.get("/api/v1/publications").status == 401


def test_a_link_of_the_owner_opens_the_page_once(site: Site) -> None:
    (link,) = re.findall(r"https://\S+", site.regulars("sign-in"))
    base, _, path = link.partition(f"https://{NAME}")
    assert base == ""
    assert site.get(path).status == 200
    form = {"Origin": f"https://{NAME}", "Content-Type": "application/x-www-form-urlencoded"}
    body = f"link={quote(path.partition('link=')[2])}".encode()
    answer = site.get("/sign-in", method="POST", headers=form, body=body)
    assert answer.status == 303
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly"} <= set(attributes)
    page = site.get(f"/p/{PUBLICATION}", headers={"Cookie": cookie})
    assert page.status == 200
    assert b"Invented Letters" in page.body
    assert site.get("/sign-in", method="POST", headers=form, body=body).status == 410
    site.regulars("sign-in", "--end-all")
    assert site.get(f"/p/{PUBLICATION}", headers={"Cookie": cookie}).status == 401


def test_a_form_of_another_page_signs_nobody_in(site: Site) -> None:
    form = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
    answer = site.get("/sign-in", method="POST", headers=form, body=b"link=x")
    assert answer.status == 403


def test_a_key_opens_the_api_and_the_page_stays_shut(site: Site, key: str) -> None:
    answer = site.get("/api/v1/publications", headers=bearer(key))
    assert answer.status == 200
    assert [item["name"] for item in json.loads(answer.body)["items"]] == [PUBLICATION]
    assert site.get(f"/p/{PUBLICATION}", headers=bearer(key)).status == 403


def test_a_key_that_is_revoked_opens_nothing(site: Site) -> None:
    made = json.loads(site.regulars("keys", "add", "gone soon", "--json"))["key"]
    assert site.get("/api/v1/publications", headers=bearer(made["key"])).status == 200
    site.regulars("keys", "revoke", made["id"])
    assert site.get("/api/v1/publications", headers=bearer(made["key"])).status == 401


def test_the_widget_is_there_for_everybody(site: Site) -> None:
    assert site.get(f"/w/{WIDGET}.json").status == 200
    assert site.get(f"/w/{WIDGET}").status == 200


def test_another_host_is_refused(site: Site, key: str) -> None:
    for host in ("evil.example", f"{NAME}.evil.example", "127.0.0.1", "localhost"):
        answer = site.get("/api/v1/publications", host=host, headers=bearer(key))
        # Caddy has no site of that name, and answers with nothing.
        assert (answer.status, answer.body) == (200, b"") or answer.status == 421, host


def test_a_stranger_does_not_choose_the_host_or_the_scheme(site: Site, key: str) -> None:
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", **bearer(key)}
    answer = site.get("/api/v1/publications", headers=lies)
    assert answer.status == 200
    assert b"evil.example" not in answer.body
    assert b"evil.example" not in site.get(f"/w/{WIDGET}", headers=lies).body


def test_strangers_are_told_apart_by_the_proxy_and_by_nothing_they_say(site: Site) -> None:
    assert site.wrong_keys("127.0.0.21", MOST_WRONG) == [401] * MOST_WRONG
    assert site.wrong_keys("127.0.0.21", 1) == [429]
    # Another name for oneself does not help, and does not hurt whose name it is.
    lie = {"X-Forwarded-For": "127.0.0.22", "Forwarded": "for=127.0.0.22"}
    assert site.wrong_keys("127.0.0.21", 1, **lie) == [429]
    assert site.wrong_keys("127.0.0.22", 1) == [401]


def test_a_right_key_is_answered_whoever_tried_wrong_ones(site: Site, key: str) -> None:
    site.wrong_keys("127.0.0.23", MOST_WRONG + 1)
    answer = site.get("/api/v1/publications", source="127.0.0.23", headers=bearer(key))
    assert answer.status == 200


def test_who_comes_past_the_proxy_is_not_believed(site: Site) -> None:
    """From an address that is no proxy's: what it says of others and of TLS is ignored."""
    statuses = [past_the_proxy(site, f"198.51.100.{turn}") for turn in range(MOST_WRONG + 1)]
    assert statuses == [401] * MOST_WRONG + [429]


def past_the_proxy(site: Site, claimed: str) -> int:
    address = ("127.0.0.1", site.ports.service)
    with socket.create_connection(address, 30, ("127.0.0.31", 0)) as connection:
        connection.sendall(
            f"GET /api/v1/publications HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n"
            f"X-Forwarded-For: {claimed}\r\nX-Forwarded-Proto: https\r\n"
            f"Authorization: Bearer rgl_wrong\r\n\r\n".encode()
        )
        return int(connection.makefile("rb").readline().split()[1])


def test_a_body_over_the_limit_stops_at_the_proxy(site: Site, key: str) -> None:
    headers = {"Content-Type": "application/json", **bearer(key)}
    body = b" " * (2**20 + 1)
    answer = site.get("/api/v1/sync-runs", method="POST", headers=headers, body=body)
    # 502 where Caddy notices in the middle of what it passes on.
    assert answer.status in ((413,) if site.kind == "nginx" else (413, 502))


def test_the_verbs_of_an_upgrade_work_while_it_serves(site: Site, tmp_path: Path) -> None:
    site.regulars("backup", str(tmp_path / "safe"))
    assert "is as it was written" in site.regulars("verify", str(tmp_path / "safe"))
    for words in (("doctor",), ("report", "house"), ("schedule",)):
        assert site.regulars(*words)
