"""Whether a sync computes the reports of the page afterwards, in the process of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regulars.pages import prefetch

PREFETCH_PAGE = prefetch.prefetch_page
"""What a sync really does."""


@contextmanager
def without_prefetch() -> Iterator[None]:
    """Meanwhile no sync computes the reports of the page, which costs more than its pull."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefetch, "prefetch_page", lambda *_: None)
        yield


@contextmanager
def with_prefetch() -> Iterator[None]:
    """Meanwhile a sync does so, as outside tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefetch, "prefetch_page", PREFETCH_PAGE)
        yield
