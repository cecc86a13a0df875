"""Strangers' words that would be more, on every surface, in a real Chromium: no alarm."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from support.browser import find_programs, run_script
from support.invented_house import FULL, Invented, enclose, source
from support.invented_service import ApiClient, FakeStore, serving, settings_of
from support.payloads import MARKER, PAYLOADS

pytestmark = pytest.mark.servers

WROTE = 3
FEW = PAYLOADS[::25]


def key_of(number: int) -> str:
    return f"wgt_{number:022d}"


class Hostile(Invented):
    """Answers in which a stranger chose every word that a provider may send."""

    def __call__(self, report: Any, *arguments: Any, **options: Any) -> Any:
        envelope = super().__call__(report, *arguments, **options)
        word = arguments[1].title
        stream = (
            source()
            .streams[0]
            .model_copy(
                update={"outcome": "failed", "reason": word, "stream": word, "held_removals": 2}
            )
        )
        hostile = source(last_outcome="partial", reason=word, streams=[stream], connector=word)
        coverage = envelope.coverage.model_copy(update={"notes": [word]})
        return enclose(
            report.name, envelope.result, [hostile], as_of=envelope.as_of, coverage=coverage,
            publication=envelope.publication, definition=word,
        )  # fmt: skip


def hostile_service(payloads: tuple[str, ...]) -> ApiClient:
    """A publication for each payload, which is its title and the name of its readers."""
    publications = [
        {
            "name": f"pub-{number}",
            "title": word,
            "connections": [{"name": f"letters-{number}", "connector": "files", "folder": "x"}],
            "widgets": [{"key": key_of(number)}],
        }
        for number, word in enumerate(payloads)
    ]
    store = FakeStore()
    with store.read() as cursor:
        for number, word in enumerate(payloads):
            for reader in range(WROTE):
                person, connection = f"per_{reader:06d}", f"letters-{number}"
                cursor.execute(
                    "INSERT INTO people BY NAME SELECT $publication AS publication,"
                    " $connection AS connection, $id AS subscription_id, $person AS person_id",
                    {"publication": f"pub-{number}", "connection": connection,
                     "id": f"s{reader}", "person": person},
                )  # fmt: skip
                cursor.execute(
                    "INSERT INTO words BY NAME SELECT $publication AS publication,"
                    " $connection AS connection, 'subscription' AS subject, $id AS id,"
                    " $name AS name, 1 AS entry",
                    {"publication": f"pub-{number}", "connection": connection,
                     "id": f"s{reader}", "name": word},
                )  # fmt: skip
    settings = settings_of(more=publications)
    return ApiClient(settings, Hostile(FULL, wrote_back=WROTE), store)


def surfaces(number: int, word: str) -> dict[str, str]:
    """Path by the name of the surface, for the publication of one payload."""
    key = key_of(number)
    return {
        "home": f"/p/pub-{number}",
        "widget page": f"/w/{key}",
        "frame": f"/w/{key}/frame",
        "card": f"/w/{key}/card.svg",
        "line": f"/w/{key}/line.svg",
        "theatre": f"/w/{key}/theatre.svg",
        "document": f"/w/{key}.json",
        "unknown publication": f"/p/{quote(word, safe='')}",
        "unknown widget": f"/w/{quote(word, safe='')}",
        "wrong parameter": f"/api/v1/publications/pub-{number}/reports/house?as_of={quote(word)}",
    }


@contextmanager
def other_site(pages: dict[str, str]) -> Iterator[str]:
    """Pages of somebody else, who lets everything run."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode(errors="replace")
            self.send_response(200 if body else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def embedding_page(service: str, number: int, oembed: str) -> str:
    """A page without a policy that shows the widget in each way there is."""
    at = f"{service}/w/{key_of(number)}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<title>Theirs</title><script src="{service}/embed/v1/regulars.js"></script>'
        f'<regulars-widget src="{at}.json"></regulars-widget>'
        f'<img src="{at}/card.svg" alt=""><img src="{at}/theatre.svg" alt="">{oembed}'
    )


@dataclass
class Found:
    """Looks at each surface and, to prove that the alarm rings, at pages without any defence."""

    looks: list[dict[str, Any]]
    undefended: list[dict[str, Any]]


def attack(payloads: tuple[str, ...], folder: Path) -> Found:
    client = hostile_service(payloads)
    pages: dict[str, str] = {
        f"/undefended/{number}": f"<!doctype html><title>Theirs</title><p>{word}"
        for number, word in enumerate(payloads)
    }
    with serving(client) as service, other_site(pages) as other:
        urls = [f"{service}/"]
        for number, word in enumerate(payloads):
            urls += [service + path for path in surfaces(number, word).values()]
            oembed = httpx.get(f"{service}/w/{key_of(number)}/oembed.json").json()["html"]
            here = oembed.replace("http://127.0.0.1:8765", service)
            pages[f"/embedding/{number}"] = embedding_page(service, number, here)
            urls.append(f"{other}/embedding/{number}")
        looks = visit(urls, folder)
        undefended = visit([f"{other}{path}" for path in pages if "undefended" in path], folder)
    return Found(looks, undefended)


def visit(urls: list[str], folder: Path) -> list[dict[str, Any]]:
    """What the browser found at each address. A new browser takes each hundred."""
    programs, file, found = find_programs(), folder / "urls.json", []
    for start in range(0, len(urls), 100):
        file.write_text(json.dumps(urls[start : start + 100]))
        found += run_script(programs, "attack.mjs", str(file))
    return found


def rings(look: dict[str, Any], *, ours: bool) -> list[str]:
    """What went wrong on one page."""
    wrong = [
        one
        for one in look["heard"]
        # A page that says 404 or 422 is what was asked for.
        if not (look["status"] >= 400 and "Failed to load resource" in one)
    ]
    wrong += [host for host in look["hosts"] if not host.startswith("127.0.0.1") and host]
    for frame in look["frames"]:
        wrong += frame["alarms"] + frame["elements"] + frame["attributes"]
        if frame["scripts"] and ours:
            wrong.append(f"{frame['scripts']} scripts")
    return wrong


def check(found: Found, payloads: tuple[str, ...]) -> None:
    assert sum(bool(rings(look, ours=False)) for look in found.undefended) > len(payloads) * 0.4
    assert len(found.looks) == 1 + len(payloads) * 11
    for look in found.looks:
        embedded = "/embedding/" in look["url"]
        wrong = rings(look, ours=not embedded)
        assert not wrong, f"{html.unescape(look['url'])}: {wrong}"
    shown = [look for look in found.looks if "/p/pub-" in look["url"]]
    for look in shown:
        assert look["status"] == 200
        text = look["frames"][0]["text"]
        assert not set(text) & set("\u202e\u2066\u200b\x01\0")
    assert sum(MARKER in look["frames"][0]["text"] for look in shown) > len(shown) * 0.8


def test_there_are_a_hundred_payloads() -> None:
    assert len(PAYLOADS) >= 100


def test_no_word_of_a_stranger_does_anything(tmp_path: Path) -> None:
    check(attack(FEW, tmp_path), FEW)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_none_of_a_hundred_words_does_anything_on_any_surface(tmp_path: Path) -> None:
    check(attack(PAYLOADS, tmp_path), PAYLOADS)
