"""What a connector notes at the end of a state stream, it finds when it plans the next walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from regulars.store.verify import verify_store
from regulars_connectors.contract import Page, Stream, SyncState, Walk
from regulars_connectors.errors import Unreachable
from regulars_connectors.instants import DAY

pytestmark = pytest.mark.usefixtures("store_stays_open")

Rows = Callable[[str], list[tuple[Any, ...]]]
NOTED = "SELECT stream, parent, checkpoint FROM walks WHERE stream = 'subscriptions'"


@pytest.fixture
def noting(
    provider: Any, person_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """A provider that notes ``note`` at the end of its people, and what it ``found`` of that."""
    state: dict[str, Any] = {"note": None, "found": []}
    walks, pages = type(provider).walks, type(provider).pages

    def planned(self: Any, stream: Stream, known: SyncState) -> Any:
        if stream.name == "subscriptions":
            state["found"].append(known.checkpoints.get(("subscriptions", None)))
        return walks(self, stream, known)

    def with_note(self: Any, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        for page in pages(self, walk, cursor):
            is_end = walk.stream.name == "subscriptions" and page.cursor is None
            yield replace(page, checkpoint=state["note"] if is_end else None)

    monkeypatch.setattr(type(provider), "walks", planned)
    monkeypatch.setattr(type(provider), "pages", with_note)
    provider.people = [person_of(number) for number in range(25)]
    return state


def test_a_note_is_found_by_the_next_run_and_kept_until_it_changes(
    provider: Any, sync: Callable[..., Any], rows: Rows, noting: dict[str, Any]
) -> None:
    for note in ("without tags", None, "all"):
        noting["note"] = note
        sync()
        provider.now += DAY
    sync()
    assert noting["found"] == [None, "without tags", "without tags", "all"]
    assert rows(NOTED) == [("subscriptions", "", "all")]


def test_the_same_note_leaves_no_further_trace(
    provider: Any, sync: Callable[..., Any], noting: dict[str, Any]
) -> None:
    noting["note"] = "without tags"
    assert [len(sync().record.walks) for _ in range(2)] == [1, 0]


def test_a_walk_that_breaks_off_notes_nothing(
    provider: Any, sync: Callable[..., Any], rows: Rows, noting: dict[str, Any]
) -> None:
    noting["note"] = "without tags"
    provider.trouble["subscriptions", 20] = Unreachable("gone")
    assert sync().outcome != "complete"
    assert rows(NOTED) == []


def test_a_note_is_there_after_a_rebuild(
    sync: Callable[..., Any],
    opened: Callable[[], Any],
    dumped: Callable[[Any], Any],
    noting: dict[str, Any],
) -> None:
    noting["note"] = "without tags"
    sync()
    with opened() as store:
        before = dumped(store)
        assert not verify_store(store)
        store.rebuild()
        assert dumped(store) == before
