"""The loader: small, never edited once released, and without anything that the rules forbid."""

from __future__ import annotations

import gzip
import re

import pytest

from regulars.widgets.loader import FLOATING_PATH, Loader, loaders, newest

MOST_BYTES = 5 * 1024
# The hash of every released file, as pages hold it. A released file is never edited: a change
# is a new folder and a new line here.
RELEASED = {
    "1.0.0": "sha384-rk8xR8mKJyUfDphAMrnj8427qvEVYec9plB+dQL4Cl1VoUGtlPo/4nj8Z/Y+eKZZ",
}
FORBIDDEN = {
    "markup from text": r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc",
    "text as code": r"\beval\b|\bFunction\s*\(|import\s*\(|setTimeout\(\s*[\"'`]",
    "anything kept": r"localStorage|sessionStorage|indexedDB|\bcaches\b|cookie",
    "globals": r"\bwindow\b|globalThis|\bself\b|\bvar\s",
    "inline handlers": r"\bon[a-z]+\s*=|setAttribute\(\s*[\"'`](on|style)",
    "messages to servers": r"sendBeacon|XMLHttpRequest|WebSocket|EventSource|postMessage|new Image",
    "styles in attributes": r"\.style\b|cssText",
    "other addresses": r"https?://(?!www\.w3\.org/2000/svg|…)",
    "a debugger": r"\bdebugger\b|console\.",
}


@pytest.fixture(params=loaders(), ids=lambda loader: loader.version)
def loader(request: pytest.FixtureRequest) -> Loader:
    found: Loader = request.param
    return found


def code_of(loader: Loader) -> str:
    return loader.body.decode()


def test_released_files_are_as_they_were() -> None:
    assert {loader.version: loader.integrity for loader in loaders()} == RELEASED


def test_it_is_small(loader: Loader) -> None:
    assert len(gzip.compress(loader.body, 9)) <= MOST_BYTES


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_the_rules_forbid_is_not_in_it(loader: Loader, what: str) -> None:
    assert not re.search(FORBIDDEN[what], code_of(loader)), what


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("markup from text", "a.innerHTML = b"),
        ("text as code", "new Function('x')"),
        ("anything kept", "localStorage.x = 1"),
        ("globals", "window.x = 1"),
        ("inline handlers", "a.onclick = f"),
        ("styles in attributes", "a.style.color = 'red'"),
        ("other addresses", "fetch('https://elsewhere.example')"),
    ],
)
def test_the_lint_finds_what_it_forbids(what: str, code: str) -> None:
    assert re.search(FORBIDDEN[what], code)


def test_it_asks_once_without_credentials_and_for_a_limited_time(loader: Loader) -> None:
    code = code_of(loader)
    assert code.count("fetch(") == 1
    assert 'credentials: "omit"' in code
    assert 'referrerPolicy: "origin"' in code
    assert "LIMIT_MS = 8000" in code
    assert 'rootMargin: "300px"' in code


def test_defining_it_twice_is_harmless(loader: Loader) -> None:
    assert "if (customElements.get(NAME)) return;" in code_of(loader)


def test_it_says_its_version(loader: Loader) -> None:
    assert f"loader {loader.version}." in code_of(loader).splitlines()[0]


def test_the_floating_address_gives_the_newest(loader: Loader) -> None:
    assert FLOATING_PATH == "/embed/v1/regulars.js"
    assert newest() == loaders()[-1]
    assert newest().version.startswith("1.")
