"""What holds for every test."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def _log_levels_of_a_new_process() -> None:
    """A command sets the levels of its whole process; in tests it shares one with others.

    Set, not restored: fixtures of a whole module run commands before this one is asked.
    """
    logging.getLogger().setLevel(logging.WARNING)
    for name in ("regulars", "regulars_connectors"):
        logging.getLogger(name).setLevel(logging.NOTSET)
