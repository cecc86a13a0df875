"""What was shown to the public is an act: it survives restarts and rebuilds, and never changes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.actions.widgets import publish, published, published_periods
from regulars.store.verify import verify_store

KEY = "wgt_q83vEjRWeJCrze8SNFZ4kA"
AT = 1_795_000_000_000_000


def opened(folder: Path) -> Store:
    return Store(StoreSettings(folder=folder))


def put(store: Store, period: str = "2026-W47", document: str = '{"a":1}', key: str = KEY) -> str:
    return publish(
        store, widget=key, publication="invented", period=period, document=document, at=AT
    )


def test_it_is_there_after_a_restart_and_after_a_rebuild(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert published(store, [KEY], "2026-W47") is None
        assert put(store) == '{"a":1}'
    with opened(tmp_path) as store:
        assert published(store, [KEY], "2026-W47") == '{"a":1}'
        store.rebuild()
        assert published(store, [KEY], "2026-W47") == '{"a":1}'
        assert verify_store(store) == []


def test_the_first_stands(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        put(store)
        before = store.version
        assert put(store, document='{"a":2}') == '{"a":1}'
        assert store.version == before
        store.rebuild()
        assert published(store, [KEY], "2026-W47") == '{"a":1}'


def test_periods_and_widgets_are_told_apart(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for period in ("2026-W46", "2026-W47"):
            put(store, period, f'"{period}"')
        put(store, "2026-W47", '"other"', key="wgt_other")
        assert published_periods(store, [KEY]) == ["2026-W46", "2026-W47"]
        assert published(store, ["wgt_other"], "2026-W47") == '"other"'
        assert published(store, ["wgt_other"], "2026-W46") is None


def test_many_at_once_agree_on_one(tmp_path: Path) -> None:
    said: list[str] = []
    with opened(tmp_path) as store:
        threads = [
            threading.Thread(target=lambda n=number: said.append(put(store, document=f'"{n}"')))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.version == 1
    assert len(said) == 8
    assert len(set(said)) == 1


def test_a_figure_that_cannot_be_kept_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as store:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("regulars.store.journal.append_record", full)
        with pytest.raises(Exception, match="filled up"):
            put(store)
        monkeypatch.undo()
        assert published(store, [KEY], "2026-W47") is None
        assert put(store) == '{"a":1}'


def test_a_widget_that_was_given_another_key_has_shown_what_it_showed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        put(store, "2026-W46", '"old"')
        both = ["wgt_new", KEY]
        assert published(store, both, "2026-W46") == '"old"'
        kept = publish(
            store,
            widget="wgt_new",
            former=[KEY],
            publication="invented",
            period="2026-W46",
            document='"new"',
            at=AT,
        )
        assert kept == '"old"'
        put(store, "2026-W47", '"next"', key="wgt_new")
        assert published_periods(store, both) == ["2026-W46", "2026-W47"]
