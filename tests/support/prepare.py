"""Whether a sync makes what the reports ask of afterwards, in the process of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regulars.reports import prepare

PREPARE = prepare.prepare
"""What a sync really does."""


@contextmanager
def without_prepared_reports() -> Iterator[None]:
    """Meanwhile no sync makes histories or fits, which costs more than its pull."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "prepare", lambda *_: None)
        yield


@contextmanager
def with_prepared_reports() -> Iterator[None]:
    """Meanwhile a sync does so, as outside tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "prepare", PREPARE)
        yield
