"""Tables in memory with posts, people and letters, whose ties are made as in a store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import msgspec

from regulars.replies.making import tie_letters
from regulars.settings import PublicationSettings
from regulars.store.secret import letters_key
from regulars_connectors import Letter
from regulars_connectors.correspondence import Kept, MailHead
from regulars_connectors.keyed import all_keyed, runs_as_text
from regulars_connectors.mail.letters import Envelope, LetterReader
from regulars_connectors.mail.reading import Reading, Request, Setup, read
from regulars_connectors.mail.subjects import base_subjects
from regulars_connectors.mail.traces import links_of, runs_of

NAME, WRITER = "notes", "ada@letters.example"
SECRET = b"an invented secret of a store..."
KEY = letters_key(SECRET)
START = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - as tables have it: UTC
_SEEN = datetime(2026, 12, 1)  # noqa: DTZ001


class _Journal:
    """An entry for each table that got rows."""

    def __init__(self) -> None:
        self.tables: dict[int, str] = {}

    def entries(self, after: int) -> list[Any]:
        return [
            SimpleNamespace(number=number, kind="part", facts={}, files=[{"stream": table}])
            for number, table in self.tables.items()
            if number > after
        ]


class TiedStore:
    """What ``tie_letters`` and ``StoredCorrespondence`` need of a store. entry: the newest."""

    secret = SECRET
    version = 1

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.writing = threading.Lock()
        self.entry = 1
        self.journal = _Journal()

    def standing(self, _publication: str) -> tuple[int, str]:
        return self.entry, ""

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        yield self.connection

    report_cursor = read

    def files_answer(self) -> bool:
        return True

    def free_space_ok(self) -> bool:
        return True

    def put(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        names = ", ".join(rows[0])
        marks = ", ".join(f"${name}" for name in rows[0])
        self.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        self.entry += 1
        self.journal.tables[self.entry] = table

    def put_person(
        self, person: str, address: str, *, publication: str = NAME, connection: str = "list"
    ) -> None:
        key = {"publication": publication, "connection": connection}
        self.put("people", [key | {"subscription_id": person, "person_id": f"per_{person}"}])
        words = {"subject": "subscription", "id": person, "email": address, "entry": 1}
        self.put("words", [key | words])

    def put_post(
        self,
        name: str,
        title: str,
        day: float = 0,
        *,
        text: str = "",
        ids: Sequence[str] = (),
        publication: str = NAME,
        connection: str = "list",
        **more: Any,
    ) -> None:
        """A post that went out ``day`` days after the start; of its text only hashes are kept."""
        key = {"publication": publication, "connection": connection, "id": name}
        seen = {"presence": "present", "seen_at": _SEEN}
        sent_at = START + timedelta(days=day)
        post = {"title": title, "status": "sent", "form": "email", "sent_at": sent_at}
        self.put("posts", [key | post | seen | more])
        if text or ids:
            shown = {
                "subjects": all_keyed(base_subjects(title), KEY),
                "message_ids": all_keyed(ids, KEY),
                "links": all_keyed(links_of(text), KEY),
                "runs": runs_as_text(runs_of(text, KEY, 20_000)),
            }
            self.put("post_texts", [key | shown | seen])

    def put_letters(
        self, letters: Iterable[Letter], *, publication: str = NAME, connection: str = "inbox"
    ) -> None:
        key = {"publication": publication, "connection": connection, "seen_at": _SEEN, "entry": 1}
        rows = [key | _row(one) for one in letters]
        if rows:
            self.put("letters", rows)

    def tie(self, publication: PublicationSettings) -> bool:
        return tie_letters(self, publication)  # type: ignore[arg-type]

    def ties(self, publication: str = NAME) -> dict[str, dict[str, Any]]:
        """The ties by Message-ID."""
        found = self.connection.execute(
            "SELECT DISTINCT letters.message_id, ties.* FROM letter_ties AS ties JOIN letters"
            " ON letters.publication = ties.publication AND letters.id = ties.letter_id"
            " WHERE ties.publication = $1",
            [publication],
        )
        names = [one[0] for one in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return {row["message_id"]: row for row in rows}

    def replies(self, publication: str = NAME) -> list[tuple[Any, ...]]:
        """Post, person and whether it is evidence, of each reply that counts."""
        return self.connection.execute(
            "SELECT post_id, person_id, is_evidence FROM replies_given($1, $2) ORDER BY ALL",
            [publication, _SEEN],
        ).fetchall()


def _row(letter: Letter) -> dict[str, Any]:
    row = msgspec.structs.asdict(letter)
    for name in ("arrived_at", "sent_at"):
        if row[name] is not None:
            row[name] = datetime.fromtimestamp(row[name] / 1e6, UTC).replace(tzinfo=None)
    return row


class _Lent:
    key = KEY

    def __init__(self, addresses: frozenset[str]) -> None:
        self.addresses = addresses

    def asks(self, heads: Sequence[MailHead]) -> Sequence[bool]:
        return [True for _ in heads]

    def kept(self, message_ids: Sequence[str]) -> Sequence[Kept]:
        return ["no" for _ in message_ids]


class _InThisProcess:
    """Reads mails that are known to be harmless without a child."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def read(self, request: Request) -> Reading:
        return read(request, self._setup)

    def close(self) -> None:
        pass


def read_letters(
    raws: Iterable[bytes], *, own: Iterable[str] = (WRITER,), **envelope: Any
) -> list[Letter]:
    """The letters of harmless mails. envelope: what the mailbox says of all of them."""
    lent = _Lent(frozenset(own))
    reader = LetterReader(lent)
    reader._worker.close()
    reader._worker = _InThisProcess(Setup(lent.addresses, KEY))  # type: ignore[assignment]
    return [reader.read(raw, Envelope(**envelope)) for raw in raws]
