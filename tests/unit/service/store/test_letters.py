"""Letters and texts of posts in the store: kept as rebuilt, and never doubled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regulars.store.verify import verify_store
from regulars_connectors import Letter, Page, PostText, Preflight, Stream, Walk

NOW, DAY = 1_767_243_600_000_000, 86_400_000_000


class Mailbox:
    """A toy connector: letters and texts as they are put into it."""

    name = "mailbox"

    def __init__(self) -> None:
        self.now = NOW
        self.letters: list[Letter] = []
        self.texts: list[PostText] = []

    def streams(self) -> list[Stream]:
        return [Stream("letters", "events", "letters"), Stream("post_texts", "state", "texts")]

    def walks(self, stream: Stream, state: Any) -> list[Walk]:
        return [Walk(stream, "since" if stream.name == "letters" else "whole")]

    def pages(self, walk: Walk, cursor: str | None = None) -> Any:
        yield Page(self.letters if walk.stream.name == "letters" else self.texts, None, self.now)

    def preflight(self) -> Preflight:
        return Preflight([])

    def close(self) -> None:
        pass


def letter(letter_id: str = "a1", **fields: Any) -> Letter:
    given = {
        "direction": "in",
        "kind": "human",
        "rule": "person",
        "arrived_at": NOW,
        "clock": "server",
    }
    return msgspec.convert({"id": letter_id} | given | fields, Letter)


@pytest.fixture
def provider() -> Mailbox:
    return Mailbox()


Rows = Callable[..., list[Any]]


def test_a_letter_that_comes_again_is_one(
    provider: Mailbox, sync: Callable[[], Any], rows: Rows
) -> None:
    provider.letters = [letter(), letter(is_junk=True)]
    assert sync().written == 1
    provider.now += DAY
    assert sync().written == 0
    assert rows("SELECT id, is_junk FROM letters") == [("a1", False)]


def test_the_copy_of_the_writer_counts_before_another(
    provider: Mailbox, sync: Callable[[], Any], rows: Rows
) -> None:
    provider.letters = [letter(direction="out", kind="own"), letter()]
    sync()
    provider.letters = [letter()]
    sync()
    assert rows("SELECT direction, kind FROM letters") == [("out", "own")]


def test_that_it_was_answered_stays_and_so_does_its_time(
    provider: Mailbox, sync: Callable[[], Any], rows: Rows
) -> None:
    for answered, at, clock in ((False, NOW, "server"), (True, NOW, "server")):
        provider.letters = [letter(is_answered=answered, arrived_at=at, clock=clock)]
        sync()
    provider.letters = [letter(is_answered=None, arrived_at=NOW + DAY, clock="sent")]
    assert sync().written == 0
    ((answered, clock),) = rows("SELECT is_answered, clock FROM letters")
    assert (answered, clock) == (True, "server")


def test_the_tables_equal_their_rebuild(
    provider: Mailbox,
    sync: Callable[[], Any],
    opened: Callable[[], Any],
    dumped: Callable[[Any], Any],
    folder: Path,
) -> None:
    provider.letters = [letter(), letter("a2", parents="p1 p2", words=3)]
    provider.texts = [PostText(id="post_1", subjects="s1"), PostText(id="post_2")]
    sync()
    provider.texts = [PostText(id="post_1", subjects="s1 s2")]
    sync()
    assert list(folder.glob("history/pub/letters/*.parquet"))
    with opened() as store:
        kept = dumped(store)
        assert len(kept["letters"]) == 2
        assert len(kept["post_texts"]) == 2
        assert not verify_store(store)
        store.rebuild()
        assert dumped(store) == kept
