"""How long ties of letters take, and in how much memory.

``python tests/benchmarks/letter_ties.py [LETTERS] [POSTS]``: invented letters of a tenth as many
people, each quoting eighty words of a post, tied in tables in memory.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LETTERS, POSTS = 20_000, 500
_WORDS, _QUOTED = 900, 80


def measure(letters: int, posts: int) -> tuple[float, float, int, float]:
    """CPU seconds of making ties, of finding them made, how many name a post, MiB more at most."""
    from support.empty_database import make_empty_database, tables_in_memory
    from support.tied_store import NAME, TiedStore

    from regulars.settings import PublicationSettings

    publication = PublicationSettings(name=NAME)
    with (
        tempfile.TemporaryDirectory() as place,
        tables_in_memory(make_empty_database(Path(place))) as connection,
    ):
        store = TiedStore(connection)
        _fill(store, letters, posts)
        before, began = _peak(), time.process_time()
        store.tie(publication)
        made = time.process_time()
        store.tie(publication)
        found = time.process_time()
        ((tied,),) = connection.execute(
            "SELECT count(*) FROM letter_ties WHERE post_id IS NOT NULL"
        ).fetchall()
        return made - began, found - made, int(tied), _peak() - before


def _fill(store: Any, letters: int, posts: int) -> None:
    import pyarrow as pa
    from support.tied_store import START

    chance = random.Random(7)
    texts = []
    for at in range(posts):
        text = [f"w{chance.randrange(30_000)}" for _ in range(_WORDS)]
        texts.append(text)
        store.put_post(f"p{at}", f"Issue {at}", at * 7, text=" ".join(text))
    people = letters // 10
    for at in range(people):
        store.put_person(f"s{at}", f"reader{at}@example.org")
    rows = list(_rows(chance, letters, people, texts, START))
    given = pa.Table.from_pylist(rows)
    store.connection.register("given", given)
    store.connection.execute("INSERT INTO letters BY NAME SELECT * FROM given")
    store.connection.unregister("given")


def _rows(
    chance: random.Random, letters: int, people: int, texts: list[list[str]], start: Any
) -> Iterator[dict[str, Any]]:
    from support.tied_store import KEY, NAME

    from regulars_connectors.keyed import keyed, runs_as_text
    from regulars_connectors.mail.traces import runs_of

    for at in range(letters):
        post = chance.randrange(len(texts))
        since = chance.randrange(_WORDS - _QUOTED)
        quote = " ".join(texts[post][since : since + _QUOTED])
        reader = keyed(f"reader{chance.randrange(people)}@example.org", KEY)
        yield {
            "publication": NAME, "connection": "inbox", "id": keyed(f"letter {at}", KEY),
            "direction": "in", "kind": "human", "rule": "person", "clock": "server",
            "arrived_at": start + timedelta(days=post * 7, hours=1 + at % 90),
            "message_id": f"{at}@mail.example", "correspondent": reader, "canonical": reader,
            "sender_certain": True, "recipients": 1, "to_writer": True, "is_junk": False,
            "is_list": False, "is_reply": True, "words": 20, "question": False,
            "has_attachment": False, "parents": keyed(f"{post}.{at}@sent.example", KEY),
            "runs": runs_as_text(runs_of(quote, KEY, 1000)), "own_words": keyed(f"own {at}", KEY),
            "seen_at": start, "entry": 1,
        }  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    given = [int(one) for one in arguments]
    letters, posts = [*given, *(LETTERS, POSTS)[len(given) :]]
    made, found, tied, memory = measure(letters, posts)
    print(f"{letters} letters and {posts} posts: {made:.1f} CPU seconds, {tied} name a post")
    print(f"at most {memory:.0f} MiB more; {found * 1000:.1f} ms where nothing changed")


if __name__ == "__main__":
    main(sys.argv[1:])
