"""A real `regulars serve` that the outside may reach: when it starts, who gets in, what it says."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support.command import Said, run

EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
HOST = "regulars.example.org"
PUBLIC = f'public_host = "{HOST}"\ntrusted_proxies = ["127.0.0.1"]\n'


@dataclass
class Served:
    """A server process, its folder and address."""

    folder: Path
    process: subprocess.Popen[str]
    url: str

    def ask(self, method: str, path: str, **options: object) -> httpx.Response:
        with httpx.Client(base_url=self.url, trust_env=False) as client:
            return client.request(method, path, **options)  # type: ignore[arg-type]

    def command(self, *words: str, code: int = 0) -> Said:
        return command(self.folder, *words, code=code)

    def end(self) -> str:
        """End it, and hand back everything that it said."""
        self.process.terminate()
        _, said = self.process.communicate(timeout=30)
        return said


def command(folder: Path, *words: str, code: int = 0) -> Said:
    said = run(folder / "regulars.toml", *words)
    assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
    return said


def make_folder(folder: Path, server: str) -> Path:
    folder.mkdir()
    change(folder, server)
    return folder


def change(folder: Path, server: str) -> None:
    (folder / "regulars.toml").write_text(
        f"[store]\nfree_space_floor_mib = 0\n\n[server]\nport = 0\n{server}"
    )


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    words = ["-m", "regulars.cli", "--config", str(folder / "regulars.toml"), "serve", "--verbose"]
    with subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("Serving at "), line + process.stderr.read()
        try:
            yield Served(folder, process, line.split()[2])
        finally:
            process.kill()


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a public host and the publication of the example."""
    folder = make_folder(tmp_path_factory.mktemp("access") / "public", PUBLIC)
    command(folder, "import", "files", str(EXAMPLE), "--publication", "letters")
    with served(folder) as made:
        yield made


def test_the_owners_verbs_work_although_every_request_needs_a_key(public: Served) -> None:
    assert public.ask("GET", "/api/v1/publications").status_code == 401
    assert public.command("status", "--json").json["served"]
    words = ("report", "house", "--publication", "letters", "--json")
    assert public.command(*words).json["publication"] == "letters"
    assert public.command("publication", "list", "--json").json["publications"]
    assert public.command("widget", "list", "--json").json["widgets"] == []


def test_only_the_owner_reads_the_token(public: Served) -> None:
    lock = public.folder / "data" / "lock"
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    token = json.loads(lock.read_text())["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert public.ask("GET", "/api/v1/keys", headers=headers).status_code == 200
    for words in (("status",), ("doctor",), ("keys", "list", "--json")):
        said = public.command(*words)
        assert token not in said.out + said.err


def test_a_key_from_its_making_to_its_end(public: Served) -> None:
    made = public.command("keys", "add", "the site", "--publication", "letters", "--json")
    key = made.json["key"]
    headers = {"Authorization": f"Bearer {key['key']}"}
    assert public.ask("GET", "/api/v1/publications", headers=headers).status_code == 200
    assert public.ask("POST", "/api/v1/sync-runs", json={}, headers=headers).status_code == 403
    listed = public.command("keys", "list", "--json").json["keys"]
    (item,) = (one for one in listed if one["id"] == key["id"])
    assert item["last_used_at"]
    assert {**item, "last_used_at": None, "key": key["key"]} == key
    assert key["key"] not in public.command("keys", "list").out
    assert "is revoked" in public.command("keys", "revoke", key["id"]).out
    assert public.ask("GET", "/api/v1/publications", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("keys", "add", "x", "--publication", "nowhere"), "not_found"),
        (("keys", "add", "x", "--expires", "soon"), "parameter_wrong"),
        (("keys", "add", "x", "--expires", "2020-01-01"), "parameter_wrong"),
        (("keys", "add", " "), "parameter_wrong"),
        (("keys", "add", "x" * 81), "parameter_wrong"),
        (("keys", "revoke", "key_none"), "not_found"),
    ],
)
def test_what_is_wrong_about_a_key_is_named_the_same_with_and_without_a_server(
    public: Served, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    alone = make_folder(tmp_path / "alone", PUBLIC)
    through = public.command(*words, code=2).three_lines(code)
    assert command(alone, *words, code=2).three_lines(code) == through


def test_a_link_signs_a_browser_in_once(public: Served) -> None:
    url = public.command("sign-in").out.strip()
    assert url.startswith(f"https://{HOST}/sign-in?link=")
    link = url.partition("=")[2]
    browser = {"Host": HOST, "X-Forwarded-Proto": "https", "Origin": f"https://{HOST}"}
    answer = public.ask("POST", "/sign-in", data={"link": link}, headers=browser)
    assert answer.status_code == 303
    session = browser | {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert public.ask("GET", "/p/letters", headers=session).status_code == 200
    again = public.ask("POST", "/sign-in", data={"link": link}, headers=browser)
    assert again.status_code == 410
    assert "session" in public.command("sign-in", "--end-all").out
    assert public.ask("GET", "/p/letters", headers=session).status_code == 401


@pytest.mark.long
def test_beyond_loopback_it_starts_with_a_public_host_and_a_key(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "outside", 'host = "0.0.0.0"\n')
    lines = command(folder, "serve", code=3).three_lines("settings_wrong")
    assert "public_host" in lines["to_do"]
    change(folder, f'host = "0.0.0.0"\n{PUBLIC}')
    lines = command(folder, "serve", code=3).three_lines("settings_wrong")
    assert "regulars keys add" in lines["to_do"]
    assert "regulars sign-in" in lines["to_do"]
    key = command(folder, "keys", "add", "first").out.strip()
    with served(folder) as made:
        assert made.url.startswith("http://127.0.0.1:")
        token = json.loads((folder / "data" / "lock").read_text())["token"]
        assert made.ask("GET", "/api/v1/publications").status_code == 401
        headers = {"Authorization": f"Bearer {key}", "Host": HOST}
        assert made.ask("GET", "/api/v1/publications", headers=headers).status_code == 200
        assert made.ask("GET", "/healthz", headers={"Host": "0.0.0.0"}).status_code == 200
        assert made.command("status", "--json").json["served"]
    with served(folder) as again:
        headers = {"Authorization": f"Bearer {token}"}
        assert again.ask("GET", "/api/v1/keys", headers=headers).status_code == 401


@pytest.mark.long
def test_beyond_loopback_a_key_that_is_over_lets_nothing_start(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "over", f'host = "0.0.0.0"\n{PUBLIC}')
    key = command(folder, "keys", "add", "first", "--json").json["key"]
    command(folder, "sign-in")
    command(folder, "keys", "revoke", key["id"])
    command(folder, "sign-in", "--end-all")
    lines = command(folder, "serve", code=3).three_lines("settings_wrong")
    assert "no key and no sign-in counts" in lines["happened"]
    command(folder, "sign-in")
    with served(folder) as made:
        assert made.ask("GET", "/healthz").status_code == 200


@pytest.mark.long
def test_behind_a_proxy_without_any_key_the_first_lines_say_so(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "keyless", PUBLIC)
    with served(folder) as made:
        assert made.process.stderr is not None
        assert made.process.stderr.readline().startswith("Nobody gets in yet: ")
        assert made.ask("GET", "/api/v1/publications").status_code == 401
        command(folder, "keys", "add", "first")
    with served(folder) as again:
        assert "Nobody gets in" not in again.end()


def findings(folder: Path, name: str) -> list[tuple[str, str]]:
    """Verdict and text of each finding of the doctor under that name."""
    said = run(folder / "regulars.toml", "doctor", "--json").json
    return [(one["verdict"], one["text"]) for one in said["findings"] if one["name"] == name]


def test_the_doctor_says_what_is_open(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "doctor", "")
    command(folder, "sign-in")
    ((verdict, text),) = findings(folder, "server")
    assert (verdict, findings(folder, "access"), findings(folder, "proxy")) == ("ok", [], [])
    assert "without a key" in text
    change(folder, 'host = "0.0.0.0"\n')
    ((verdict, text),) = findings(folder, "server")
    assert (verdict, "public_host" in text) == ("error", True)
    change(folder, f'public_host = "{HOST}"\n')
    assert findings(folder, "server")[0][0] == "ok"
    assert findings(folder, "proxy")[0][0] == "warning"
    assert findings(folder, "access")[0][0] == "warning"
    command(folder, "keys", "add", "one")
    assert findings(folder, "access") == [("ok", "1 key and 0 sessions count.")]


@pytest.mark.long
def test_an_address_that_the_machine_lacks_is_named(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "elsewhere", f'host = "192.0.2.1"\n{PUBLIC}')
    command(folder, "sign-in")
    lines = command(folder, "serve", "--port", "0", code=2).three_lines("parameter_wrong")
    assert "192.0.2.1" in lines["happened"]


@pytest.mark.long
def test_no_key_link_or_cookie_comes_into_log_or_error(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "canary", PUBLIC)
    key = command(folder, "keys", "add", "canary").out.strip()
    link = command(folder, "sign-in").out.strip().partition("=")[2]
    with served(folder) as made:
        token = json.loads((folder / "data" / "lock").read_text())["token"]
        browser = {"Host": HOST, "X-Forwarded-Proto": "https", "Origin": f"https://{HOST}"}
        signed = made.ask("POST", "/sign-in", data={"link": link}, headers=browser)
        cookie = signed.headers["set-cookie"].partition(";")[0]
        secrets = [key, link, token, cookie.partition("=")[2], key[:-1], key[4:47]]
        told = ""
        for headers in (
            {"Authorization": f"Bearer {key}"}, {"Authorization": f"Bearer {key[:-1]}"},
            {"Authorization": f"Basic {key}"}, {"Authorization": key}, {"Cookie": cookie},
            {"Cookie": f"regulars={key}"}, {"Host": key}, {"X-Forwarded-Proto": key},
            {"X-Forwarded-Host": key}, {"Origin": key},
        ):  # fmt: skip
            for method, path in (
                ("GET", "/p/nowhere"), ("POST", "/api/v1/sync-runs"), ("DELETE", "/api/v1/keys"),
                ("GET", f"/api/v1/publications/{key}"), ("GET", f"/sign-in?link={link}"),
                ("GET", f"/api/v1/publications?key={key}"), ("POST", "/sign-in"),
                ("DELETE", f"/api/v1/keys/{key}"),
            ):  # fmt: skip
                answer = made.ask(method, path, headers=browser | headers)
                # What is no name of a publication is shown again, as any other name that is wrong.
                named = path.endswith(f"/{key}")
                told += "" if named else answer.text + str(answer.headers)
        made.command("keys", "list", "--verbose")
        told += made.end()
    assert "unauthorized" in told
    assert not [secret for secret in secrets if secret in told]
    assert not re.search(r"rgl_\w", told)
