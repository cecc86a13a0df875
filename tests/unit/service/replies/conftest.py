from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.empty_database import tables_in_memory
from support.tied_store import TiedStore


@pytest.fixture
def store(empty_database: Path) -> Iterator[TiedStore]:
    """Two issues a week apart with their texts, and three readers."""
    with tables_in_memory(empty_database) as connection:
        store = TiedStore(connection)
        store.put_post(
            "p1",
            "Bread and salt",
            text="Rye makes a dark bread that keeps for a week and tastes best on day two.",
            ids=["p1@mail.letters.example"],
            web_url="https://letters.example/p/bread",
        )
        store.put_post(
            "p2",
            "Tea in the rain",
            7,
            text="Smoked tea goes well with rain and with a book that nobody has to finish.",
        )
        store.put_person("mara", "mara@example.org")
        store.put_person("bo", "B.o@gmail.com")
        store.put_person("finn", "finn@example.org")
        yield store
