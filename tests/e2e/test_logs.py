"""Syncs with every fault, logged as loudly as it goes: no key, no address and no word of a reader
stands in a log line, in what the commands print, or in their errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.command import CANARY_KEY, Said, run
from support.newsletter import Newsletter, before_post, newsletter

from regulars.log import JsonLines
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars_connectors.simulator import FAULTS, BeehiivApi, Handler, Request, Response, World

CANARY = "canary-words-8d41"
ADDRESS = "canary.reader@example.org"
# The others take their time and run with the suites that do.
FEW = {"torn-body", "html-answer", "wrong-type-row", "redirect", "refused-key", "storm-429"}
LOUD = ("regulars", "regulars_connectors", "httpx", "httpcore", "asyncio")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory, small_world: World) -> Iterator[Newsletter]:
    with newsletter(tmp_path_factory.mktemp("logs"), small_world) as made:
        made.clock.set(before_post(small_world, 20))
        yield made


@pytest.fixture(scope="module")
def folder(letters: Newsletter, synced_once: Path) -> Path:
    """A folder with a store that one sync has filled."""
    return letters.folder("letters", synced_once / "behind", letters.settings_text())


@pytest.fixture(scope="module")
def private(folder: Path) -> set[str]:
    """Every address, name and text that the store knows of a reader."""
    settings = StoreSettings(folder=folder / "data", free_space_floor_mib=0)
    with Store(settings) as store, store.read() as cursor:
        rows = cursor.execute("SELECT email, name, text FROM words").fetchall()
    found = {value for row in rows for value in row if value and len(value) > 6}
    assert sum("@" in text for text in found) > 300
    return found


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger that has something to say, at its loudest."""
    for name in LOUD:
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def _as_json(loud: pytest.LogCaptureFixture) -> str:
    """The same as JSON lines."""
    form = JsonLines()
    return "\n".join(form.format(record) for record in loud.records)


def _told(said: Said, loud: pytest.LogCaptureFixture) -> str:
    text = said.out + said.err + loud.text
    text += "".join(str(record.__dict__) for record in loud.records)
    text += _as_json(loud)
    loud.clear()
    return text


@pytest.mark.usefixtures("prepared_reports")
@pytest.mark.long
def test_a_quiet_sync_says_nothing_of_anybody(
    letters: Newsletter, folder: Path, private: set[str], loud: pytest.LogCaptureFixture
) -> None:
    told = _told(letters.run(folder, "sync", "--full", "--verbose"), loud)
    for words in (["status"], ["report", "coverage"], ["report", "house"], ["doctor"]):
        told += _told(letters.run(folder, *words, "--verbose"), loud)
    assert "/subscriptions" in told  # the HTTP library did speak
    assert CANARY_KEY not in told
    assert not [text for text in private if text in told]


@pytest.mark.parametrize(
    "fault",
    [
        fault if fault in FEW else pytest.param(fault, marks=pytest.mark.long)
        for fault in sorted(set(FAULTS) - {"slow"})
    ],
)
@pytest.mark.long
def test_no_fault_says_anything_of_anybody(
    letters: Newsletter,
    folder: Path,
    private: set[str],
    loud: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    letters.trouble(fault)
    told = _told(_sync(letters, folder), loud)
    assert CANARY_KEY not in told
    assert not [text for text in private if text in told]


def _sync(letters: Newsletter, folder: Path) -> Said:
    """A loud sync, however it ends."""
    return run(folder / "regulars.toml", "sync", "--verbose", "--full", "--json")


class Telling:
    """A provider whose bad answers hold what is private."""

    def __init__(self, inner: Handler, tell: Callable[[Response], Response], path: str) -> None:
        self.inner = inner
        self.tell = tell
        self.path = path

    def __call__(self, request: Request) -> Response:
        response = self.inner(request)
        return self.tell(response) if request.path.endswith(self.path) else response


def _rows(**changes: object) -> Callable[[Response], Response]:
    """Every other row has something private where it does not belong."""

    def tell(response: Response) -> Response:
        page = json.loads(response.body)
        for row in page["data"][::2]:
            row.update(changes)
        return replace(response, body=json.dumps(page).encode())

    return tell


def _refusal(status: int, *headers: tuple[str, str]) -> Callable[[Response], Response]:
    body = json.dumps({"errors": [{"message": f"{ADDRESS} said {CANARY}"}]}).encode()
    return lambda _: Response(status, body, headers)


TELLING = {
    "wrong time": ("/subscriptions", _rows(created=f"{CANARY} {ADDRESS}")),
    "wrong status": ("/subscriptions", _rows(status=f"{CANARY} {ADDRESS}")),
    "wrong statistics": ("/subscriptions", _rows(stats=f"{CANARY} {ADDRESS}")),
    "id that is none": ("/subscriptions", _rows(id=[ADDRESS, CANARY])),
    "address that is none": ("/subscriptions", _rows(email={CANARY: ADDRESS})),
    "answer that is none": ("/responses", _rows(answer=[CANARY, ADDRESS], id=[CANARY])),
    "post that is none": ("/posts", _rows(publish_date=CANARY)),
    "400": ("/subscriptions", _refusal(400)),
    "401": ("/subscriptions", _refusal(401)),
    "403": ("/polls", _refusal(403)),
    "404": ("/responses", _refusal(404)),
    "500": ("/subscriptions", _refusal(500)),
    "302": (
        "/subscriptions",
        _refusal(302, ("Location", f"http://127.0.0.1:9/{ADDRESS}?token={CANARY}")),
    ),
    "not JSON": ("/subscriptions", lambda _: Response(200, f"{CANARY} {ADDRESS}".encode())),
    "damaged": ("/subscriptions", lambda _: Response(200, f'{{"data": {CANARY}'.encode())),
}


# Refusals whose own sentence stands behind ours, for the owner alone and without addresses.
QUOTED = {"400", "401", "403", "500"}


@pytest.mark.parametrize("case", TELLING)
@pytest.mark.long
def test_what_a_bad_answer_holds_is_not_repeated(
    letters: Newsletter, folder: Path, loud: pytest.LogCaptureFixture, case: str
) -> None:
    path, tell = TELLING[case]
    letters.api = Telling(BeehiivApi(letters.world, letters.clock), tell, path)
    run = _sync(letters, folder)
    logged = loud.text + _as_json(loud)
    assert logged.count('"level"') == len(loud.records) > 0
    told = _told(run, loud)
    assert CANARY not in (logged if case in QUOTED else told)
    if case in QUOTED:
        assert f"said {CANARY}" in run.out
    for secret in (ADDRESS, CANARY_KEY):
        assert secret not in told
    status = letters.run(folder, "status", "--verbose")
    assert CANARY not in (loud.text if case in QUOTED else status.out + status.err + loud.text)
    later = _told(status, loud)
    for secret in (ADDRESS, CANARY_KEY):
        assert secret not in later


@pytest.mark.usefixtures("prepared_reports")
def test_rejected_rows_of_files_are_not_repeated(
    letters: Newsletter, folder: Path, loud: pytest.LogCaptureFixture
) -> None:
    history = folder / "history"
    history.mkdir()
    (history / "subscriptions.csv").write_text(
        f"id,email,joined_at,left_at,status,source\ns1,{ADDRESS},{CANARY},,active,\n"
        f"s2,{ADDRESS} {CANARY},2025-01-01,,active,\ns3,{ADDRESS},2025-01-01,,{CANARY} {ADDRESS},\n"
        f's4,"{ADDRESS}" {CANARY},2025-01-01,,active,\n'
    )
    (history / "signals.csv").write_text(
        "post_id,subscription_id,kind,at,machine,url,id,text\n"
        f"p1,s1,{CANARY},,,,,{ADDRESS}\np1,s1,reply,,,,r1,{CANARY} {ADDRESS}\n"
    )
    words = ("import", "files", str(history), "--publication", "shelf", "--verbose")
    told = _told(letters.run(folder, *words), loud)
    # The status that nobody knows is no fault of its row.
    assert "3 could not be read" in told
    for secret in (CANARY, ADDRESS):
        assert secret not in told
