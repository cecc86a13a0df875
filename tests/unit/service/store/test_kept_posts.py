"""What happened to a post keeps that post, whatever else is said of it later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from regulars_connectors.instants import DAY, from_iso
from regulars_connectors.records import Signal

pytestmark = pytest.mark.usefixtures("store_stays_open")

AT = from_iso("2026-01-01T09:00:00Z")


@pytest.mark.parametrize(
    ("said", "said_later"), [(None, None), (AT, AT), (AT, AT + DAY), (AT, None), (None, AT)]
)
@pytest.mark.long
def test_a_deleted_post_is_kept_where_it_was_known(
    provider: Any,
    sync: Callable[..., Any],
    rows: Callable[[str], list[tuple[Any, ...]]],
    said: int | None,
    said_later: int | None,
) -> None:
    def comment(post: str | None, at: int | None) -> Signal:
        return Signal(kind="comment", id="c1", post_id=post, subscription_id="s1", at=at)

    provider.signals = [comment("p1", said)]
    sync()
    provider.now += DAY
    provider.signals = [comment(None, said_later)]
    (signals,) = (stream for stream in sync().streams if stream.stream == "signals")
    assert rows("SELECT post_id FROM signals") == [("p1",)]
    assert signals.changed == (said != said_later)
    provider.now += DAY
    assert sync().written == 0


def test_a_signal_without_id_post_and_time_is_not_stored_twice(
    provider: Any, sync: Callable[..., Any], rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    provider.signals = [Signal(kind="comment", subscription_id="s1", text="Well said.")]
    sync()
    provider.now += DAY
    sync()
    assert rows("SELECT count(*) FROM signals") == [(1,)]
