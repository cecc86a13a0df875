"""What holds for every test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _log_levels_as_before() -> Iterator[None]:
    """A command sets the levels of its whole process; in tests it shares one with others."""
    loggers = [logging.getLogger(name) for name in (None, "regulars", "regulars_connectors")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
