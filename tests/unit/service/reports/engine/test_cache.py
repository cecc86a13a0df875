"""Kept answers: found after a start, and never for other data, settings, code or times."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.api.report_service import Ask, ReportService
from regulars.api.responses import CachedResponse, prepare
from regulars.pages.prefetch import prefetch_page
from regulars.publications.changes import preview_removal, remove, rename
from regulars.reports.answers import ANSWERS
from regulars.reports.engine import cache as kept_module
from regulars.reports.engine import query as question_module
from regulars.reports.engine.ask import ask_report
from regulars.reports.engine.cache import ReportCache
from regulars.reports.engine.query import ReportQuery
from regulars.reports.house import HOUSE
from regulars.reports.regulars import REGULARS, RegularsParameters
from regulars.settings import ConnectionConfig, PublicationSettings, StoreSettings
from regulars.settings.editor import SettingsFile
from regulars.store import Store
from regulars.store.actions.widgets import publish

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LETTERS = PublicationSettings(name="letters", title="Letters (invented)")


def microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def record(store: Store, publication: str = "letters", at: datetime = NOW) -> None:
    """The end of a run of that publication, as a sync commits it."""
    moment = microseconds(at)
    with store.writing:
        store.append(
            {
                "kind": "run", "at": moment, "run": f"run_{store.version}",
                "publication": publication, "connection": f"{publication}-main",
                "connector": "toy", "outcome": "complete", "reason": None,
                "started_at": moment, "ended_at": moment, "streams": [], "walks": [],
            }
        )  # fmt: skip


def insert_post(store: Store, sent_at: datetime) -> None:
    naive = sent_at.replace(tzinfo=None)
    with store.read() as cursor:
        cursor.execute(
            "INSERT INTO posts BY NAME SELECT 'letters' AS publication, 'letters-main' AS"
            " connection, 'p1' AS id, 'One' AS title, 'sent' AS status, 'email' AS form,"
            " $at AS sent_at, 'present' AS presence, $at AS seen_at",
            {"at": naive},
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    settings = StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)
    with Store(settings) as opened:
        record(opened)
        yield opened


def found(store: Store, now: datetime = NOW, **changes: Any) -> bytes | None:
    whose = LETTERS.model_copy(update=changes)
    kept = ReportCache(store).find(ReportQuery(HOUSE, whose), now)
    return kept.body if kept else None


def test_an_answer_is_found_again_byte_for_byte_and_private(store: Store) -> None:
    assert found(store) is None
    envelope = ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    body = found(store, NOW + timedelta(hours=3))
    assert body == envelope.model_dump_json().encode()
    assert json.loads(body)["as_of"] == "2026-03-02T06:00:00Z"
    (path,) = (store.root / "answers").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert (store.root / "answers").stat().st_mode & 0o777 == 0o700


def test_after_a_sync_nothing_is_computed_for_the_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefetch_page(store, LETTERS, NOW)
    monkeypatch.setattr(ReportCache, "_make", lambda *_, **__: pytest.fail("it was computed"))
    later = NOW + timedelta(hours=1)
    asked = ask_report(store, LETTERS, "house", as_of=None, parameters={}, now=later)
    assert asked.as_of == NOW
    assert len(list((store.root / "answers").iterdir())) == 2


def test_it_outlives_the_process(tmp_path: Path) -> None:
    settings = StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)
    with Store(settings) as first:
        record(first)
        ReportCache(first).ask(ReportQuery(HOUSE, LETTERS), NOW)
    with Store(settings) as second:
        assert found(second) is not None


def test_a_sync_of_the_publication_ends_it_and_removes_the_file(store: Store) -> None:
    prefetch_page(store, LETTERS, NOW)
    record(store)
    assert found(store) is None
    prefetch_page(store, LETTERS, NOW)
    names = {
        path.name.rpartition(".")[0].split(".")[1] for path in (store.root / "answers").iterdir()
    }
    assert names == {str(store.version)}


def test_a_sync_of_another_publication_does_not(store: Store) -> None:
    prefetch_page(store, LETTERS, NOW)
    record(store, "other")
    assert found(store) is not None


def test_a_removed_publication_takes_its_answers_along(store: Store, tmp_path: Path) -> None:
    """They have a line for each of its people; also those made under a name that it had before."""
    others = PublicationSettings(name="letters-two", title="Others (invented)")
    record(store, others.name)
    for whose in (LETTERS, others):
        ReportCache(store).ask(ReportQuery(HOUSE, whose), NOW)
    (settings := tmp_path / "regulars.toml").write_text("")
    file = SettingsFile(settings)
    rename(file, store, "letters", "post", lambda: microseconds(NOW))
    record(store, "post")
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS.model_copy(update={"name": "post"})), NOW)
    folder = store.root / kept_module.FOLDER
    assert {path.name.split(".")[0] for path in folder.iterdir()} == {
        "letters",
        "letters-two",
        "post",
    }
    remove(file, store, "post", preview_removal(file, store, "post"), lambda: microseconds(NOW))
    assert not list(store.root.glob(f"{kept_module.FOLDER}/*"))  # others' are made again


def test_an_act_on_the_whole_store_ends_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    prefetch_page(store, LETTERS, NOW)
    store.journal.append({"kind": "run", "at": 0})  # names no publication
    monkeypatch.setattr(store, "_version", store.version + 1)
    assert found(store) is None


def test_what_a_widget_shows_does_not(store: Store) -> None:
    prefetch_page(store, LETTERS, NOW)
    publish(
        store, widget="wgt_a", publication="letters", period="2026-W09", document="{}",
        at=microseconds(NOW),
    )  # fmt: skip
    assert found(store) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"house_size": 50},
        {"time_zone": "Europe/Lisbon"},
        {"regular_reads": 2},
        {"connections": (ConnectionConfig(name="letters-two", connector="files"),)},
    ],
)
def test_other_settings_do_not_find_it(store: Store, change: dict[str, Any]) -> None:
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    assert found(store, **change) is None


def test_secrets_of_a_connection_are_no_part_of_it(store: Store) -> None:
    def with_key(key: str) -> dict[str, Any]:
        options = {"api_key": key}
        return {"connections": (ConnectionConfig(name="a", connector="b", options=options),)}

    whose = LETTERS.model_copy(update=with_key("one"))
    ReportCache(store).ask(ReportQuery(HOUSE, whose), NOW)
    assert found(store, **with_key("other")) is not None


def test_other_code_does_not_find_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    monkeypatch.setattr(question_module, "code_digest", lambda: "another version")
    assert found(store) is None


def test_other_parameters_and_instants_do_not_find_it(store: Store) -> None:
    kept = ReportCache(store)
    kept.ask(ReportQuery(HOUSE, LETTERS), NOW)
    assert kept.find(ReportQuery(HOUSE, LETTERS, as_of=NOW - timedelta(days=1)), NOW) is None
    assert kept.find(ReportQuery(ANSWERS, LETTERS), NOW) is None


MOMENTS: dict[str, tuple[Callable[[Store], None], timedelta]] = {
    # what the store holds, and until when the answer stands
    "a day": (lambda _: None, timedelta(days=1)),
    "a post matures": (
        lambda store: insert_post(store, NOW - timedelta(days=6, hours=20)),
        timedelta(hours=4),
    ),
    "a post goes out": (
        lambda store: insert_post(store, NOW + timedelta(hours=2)),
        timedelta(hours=2),
    ),
    "a source grows stale": (
        lambda store: record(store, at=NOW - timedelta(days=7, hours=21)),
        timedelta(hours=3),
    ),
}


@pytest.mark.parametrize("case", MOMENTS)
def test_it_stands_until_something_happens_by_itself(tmp_path: Path, case: str) -> None:
    prepare, stands = MOMENTS[case]
    settings = StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)
    with Store(settings) as store:
        if case != "a source grows stale":
            record(store)
        prepare(store)
        ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
        assert found(store, NOW + stands - timedelta(seconds=1)) is not None
        assert found(store, NOW + stands) is None
        assert found(store, NOW - timedelta(seconds=1)) is None


@pytest.mark.parametrize("hurt", [lambda raw: raw[:-3], lambda raw: b"", lambda raw: b"{}\n" + raw])
def test_a_hurt_file_is_passed_over(store: Store, hurt: Callable[[bytes], bytes]) -> None:
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    (path,) = (store.root / "answers").iterdir()
    path.write_bytes(hurt(path.read_bytes()))
    assert found(store) is None
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    assert found(store) is not None


@pytest.mark.long
def test_no_hurt_byte_makes_it_stand_longer(store: Store) -> None:
    """Each bit of the first line, which says until when it stands, and some of what follows."""
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    body = found(store)
    (path,) = (store.root / "answers").iterdir()
    whole = path.read_bytes()
    line = whole.index(b"\n") + 1
    for place in [*range(line), *range(line, len(whole), 40)]:
        for bit in range(8):
            hurt = bytearray(whole)
            hurt[place] ^= 1 << bit
            path.write_bytes(hurt)
            assert found(store) in (None, body)
            assert found(store, NOW + timedelta(days=1)) is None


def test_the_folder_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "MOST_FILES", 3)
    for number in range(6):
        whose = LETTERS.model_copy(update={"house_size": 100 + number})
        ReportCache(store).ask(ReportQuery(HOUSE, whose), NOW)
        assert len(list((store.root / "answers").iterdir())) <= 3
    assert found(store, house_size=105) is not None
    monkeypatch.setattr(kept_module, "LARGEST", 10)
    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW)
    assert found(store) is None


def test_an_answer_made_while_the_store_moved_on_is_not_kept(store: Store) -> None:
    def ask_and_move(*arguments: Any, **options: Any) -> Any:
        envelope = kept_module.run(*arguments, **options)
        record(store)
        return envelope

    ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW, run=ask_and_move)
    assert not (store.root / "answers").exists()


def test_a_folder_that_cannot_be_written_stops_no_answer(store: Store) -> None:
    (store.root / "answers").write_text("in the way")
    assert ReportCache(store).ask(ReportQuery(HOUSE, LETTERS), NOW).report == "house"


def test_that_it_fails_does_not_fail_the_sync(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import duckdb

    def fail(*_: Any, **__: Any) -> None:
        raise duckdb.OutOfMemoryException("no memory")

    monkeypatch.setattr(ReportCache, "ask", fail)
    prefetch_page(store, LETTERS, NOW)
    assert "OutOfMemoryException" in caplog.text


def test_a_report_that_is_not_the_page_s_is_not_kept(store: Store) -> None:
    ReportCache(store).ask(ReportQuery(ANSWERS, LETTERS), NOW)
    assert not (store.root / "answers").exists()


# In memory: the same key, and as long as the file would stand

HOUSE_ASKED = ReportQuery(HOUSE, LETTERS)


class Clock:
    """Told the time by a test."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return microseconds(self.now)


async def _stays() -> Any:
    """Receives of a client that waits for its response."""
    await asyncio.Event().wait()


def response(service: ReportService, query: ReportQuery) -> CachedResponse:
    return asyncio.run(service.response(query, _stays))


def page_of(
    service: ReportService,
    publication: PublicationSettings | None,
    name: str,
    make: Callable[[Ask], CachedResponse],
    shows: Sequence[ReportQuery],
) -> CachedResponse:
    return asyncio.run(service.page(publication, name, make, shows, _stays))


def test_the_answer_of_the_folder_is_the_one_in_memory(store: Store) -> None:
    kept = ReportCache(store)
    kept.ask(HOUSE_ASKED, NOW)
    service = ReportService(store, Clock(), report_cache=kept)
    assert service.find(HOUSE_ASKED) is None
    answer = response(service, HOUSE_ASKED)
    assert answer.body == found(store)
    assert service.find(HOUSE_ASKED) is answer
    (path,) = (store.root / "answers").iterdir()
    assert path.name == HOUSE_ASKED.key(store).file_name


def test_in_memory_it_stands_as_long_as_in_the_folder(store: Store) -> None:
    insert_post(store, NOW + timedelta(hours=2))
    kept, clock = ReportCache(store), Clock()
    kept.ask(HOUSE_ASKED, NOW)
    service = ReportService(store, clock, report_cache=kept)
    first = response(service, HOUSE_ASKED)
    clock.now = NOW + timedelta(hours=2) - timedelta(seconds=1)
    assert service.find(HOUSE_ASKED) is first
    clock.now = NOW - timedelta(seconds=1)
    assert service.find(HOUSE_ASKED) is None
    clock.now = NOW + timedelta(hours=2)
    assert service.find(HOUSE_ASKED) is None
    assert response(service, HOUSE_ASKED).tag != first.tag


def test_computed_for_a_page_it_stands_no_longer_either(store: Store) -> None:
    insert_post(store, NOW + timedelta(minutes=20))
    clock = Clock()
    service = ReportService(store, clock, report_cache=ReportCache(store))

    def page(ask: Ask) -> CachedResponse:
        ask(HOUSE_ASKED)
        return prepare(b"page", "text/html", {})

    first, first_page = (
        response(service, HOUSE_ASKED),
        page_of(service, LETTERS, "page", page, [HOUSE_ASKED]),
    )
    clock.now = NOW + timedelta(minutes=20) - timedelta(seconds=1)
    assert service.find(HOUSE_ASKED) is first
    assert page_of(service, LETTERS, "page", page, [HOUSE_ASKED]) is first_page
    clock.now = NOW + timedelta(minutes=20)
    assert service.find(HOUSE_ASKED) is None
    assert page_of(service, LETTERS, "page", page, [HOUSE_ASKED]) is not first_page


def test_without_a_folder_it_stands_until_its_hour_ends(store: Store) -> None:
    clock = Clock()
    service = ReportService(store, clock)
    first = response(service, HOUSE_ASKED)
    clock.now = NOW + timedelta(minutes=59)
    assert service.find(HOUSE_ASKED) is first
    for moment in (NOW + timedelta(hours=1), NOW - timedelta(seconds=1)):
        clock.now = moment
        assert service.find(HOUSE_ASKED) is None


def test_in_memory_too_only_the_publication_s_own_entries_end_it(store: Store) -> None:
    service = ReportService(store, Clock())
    first = response(service, HOUSE_ASKED)
    page = page_of(service, LETTERS, "page", lambda _: first, [])
    everything = page_of(service, None, "overview", lambda _: first, [])
    record(store, "other")
    assert service.find(HOUSE_ASKED) is first
    assert page_of(service, LETTERS, "page", lambda _: pytest.fail("it was made again"), []) is page
    other = response(service, ReportQuery(HOUSE, LETTERS.model_copy(update={"name": "other"})))
    assert page_of(service, None, "overview", lambda _: other, []) is other is not everything
    record(store)
    assert service.find(HOUSE_ASKED) is None
    assert page_of(service, LETTERS, "page", lambda _: other, []) is other


def test_questions_are_told_apart(store: Store) -> None:
    """Report, parameters, instant, settings and publication each make another key."""
    moment = NOW - timedelta(days=1)
    other = LETTERS.model_copy(update={"name": "other"})
    questions = [
        HOUSE_ASKED,
        ReportQuery(ANSWERS, LETTERS),
        ReportQuery(REGULARS, LETTERS),
        ReportQuery(REGULARS, LETTERS, RegularsParameters(state=("regular",))),
        ReportQuery(HOUSE, LETTERS, as_of=moment),
        ReportQuery(HOUSE, LETTERS.model_copy(update={"house_size": 50})),
        ReportQuery(HOUSE, other),
    ]
    keys = [question.key(store) for question in questions]
    assert len(set(keys)) == len({key.file_name for key in keys}) == len(questions)
    spelt_out = ReportQuery(HOUSE, LETTERS, HOUSE.parameters())
    assert spelt_out.key(store) == HOUSE_ASKED.key(store)
