"""The connector of a mailbox: which folders it walks, and which mails it fetches.

Headers come first, and the service says which of them belong to a conversation: of all other mails
nothing is fetched, and nothing stays. A mail that nobody asks for today may turn out to answer a
post that the provider shows tomorrow, so heads of the last days are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar, cast

from ..contract import (
    ConnectionSettings,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
)
from ..correspondence import Correspondence
from ..errors import CursorExpired, Interrupted
from ..instants import from_datetime, to_datetime
from ..mail.letters import Envelope, LetterReader, head_of
from ..records import Letter
from .client import Head, Mailbox
from .folders import Chosen, Role, choose
from .place import Place, read_place
from .preflight import look
from .settings import ImapSettings

LETTERS = Stream("letters", "events", "letters")
BATCH = 300
AT_ONCE = 8 * 1024 * 1024  # bytes of mails in one answer
LATE = timedelta(days=7)  # so long a post may be shown after the first answer to it
ANSWERS = timedelta(days=60)  # so long an answer may let itself wait


class ImapConnector:
    """One mailbox."""

    name: ClassVar[str] = "imap"
    Settings: ClassVar[type[ConnectionSettings]] = ImapSettings

    def __init__(self, settings: ImapSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._mailbox = Mailbox(settings)

    def streams(self) -> Sequence[Stream]:
        return (LETTERS,)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One for each folder, readers' mails before the writer's answers."""
        return [
            Walk(
                stream,
                "since",
                parent=f"{chosen.role}/{chosen.name}",
                checkpoint=None
                if state.full
                else state.checkpoints.get((stream.name, f"{chosen.role}/{chosen.name}")),
            )
            for chosen in choose(self._mailbox.folders(), self._settings)
        ]

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of one folder. Raises the family of ``errors``, and Interrupted."""
        role, _, name = (walk.parent or "").partition("/")
        correspondence = self._runtime.correspondence
        if correspondence is None:  # nobody reads letters here, so no mail is looked at
            yield Page([], None, self._runtime.clock(), checkpoint=walk.checkpoint)
            return
        validity = self._mailbox.open_folder(name)
        resumed = read_place(cursor)
        if resumed is not None and resumed.validity != validity:
            raise CursorExpired("The mailbox has numbered its mails anew.")
        begun = read_place(walk.checkpoint)
        if begun is None or begun.validity != validity:
            begun = Place(validity, 0)
        with LetterReader(correspondence, checked_by=self._settings.checked_by) as reader:
            chosen = Chosen(name, cast("Role", role), "name")
            folder = _Folder(self._mailbox, self._runtime, correspondence, reader, chosen)
            yield from folder.pages(begun, resumed, self._settings)

    def preflight(self) -> Preflight:
        """Log in, and say how it is protected and which folders a sync reads."""
        return look(self._mailbox, self._settings, self._runtime.clock())

    def close(self) -> None:
        self._mailbox.close()


class _Folder:
    """The pages of one open folder."""

    def __init__(
        self,
        mailbox: Mailbox,
        runtime: Runtime,
        correspondence: Correspondence,
        reader: LetterReader,
        chosen: Chosen,
    ) -> None:
        self._mailbox, self._runtime, self._reader = mailbox, runtime, reader
        self._correspondence, self._chosen = correspondence, chosen

    def pages(self, begun: Place, resumed: Place | None, settings: ImapSettings) -> Iterator[Page]:
        """From where the last run ended, or this one was interrupted, to the end of the folder."""
        mark = begun.uid  # below it every mail is too old to be looked at again
        before = self._runtime.clock() - LATE // timedelta(microseconds=1)
        uids = self._mailbox.uids_after((resumed or begun).uid, settings.since)
        for start in range(0, len(uids), BATCH):
            batch = uids[start : start + BATCH]
            heads = self._mailbox.heads(batch)
            mark = max([mark, *(one.uid for one in heads if _is_before(one, before))])
            yield Page(
                self._letters(heads),
                str(Place(begun.validity, batch[-1])),
                self._runtime.clock(),
                checkpoint=str(Place(begun.validity, mark)),
            )
            self._note()
        yield Page(
            self._answered_since(begun.uid),
            None,
            self._runtime.clock(),
            checkpoint=str(Place(begun.validity, mark)),
        )

    def _letters(self, heads: Sequence[Head]) -> list[Letter]:
        """The letters among mails: those that are asked for and not kept yet as they are."""
        if not heads:
            return []
        shown = [head_of(one.raw) for one in heads]
        asked = self._correspondence.asks(shown)
        kept = self._correspondence.kept([one.message_id for one in shown])
        wanted = [
            head
            for head, is_asked, known in zip(heads, asked, kept, strict=True)
            if is_asked and (known == "no" or (known == "waiting" and head.is_answered))
        ]
        return self._read(wanted)

    def _answered_since(self, up_to: int) -> list[Letter]:
        """Letters of earlier runs whose flag says by now that they were answered."""
        if self._chosen.role not in ("inbox", "archive", "all"):
            return []
        first_day = (to_datetime(self._runtime.clock()) - ANSWERS).date()
        found: list[Letter] = []
        uids = self._mailbox.answered_uids(up_to, first_day)
        for start in range(0, len(uids), BATCH):
            heads = self._mailbox.heads(uids[start : start + BATCH])
            kept = self._correspondence.kept([head_of(one.raw).message_id for one in heads])
            found += self._read(
                [one for one, known in zip(heads, kept, strict=True) if known == "waiting"]
            )
        return found

    def _read(self, heads: Sequence[Head]) -> list[Letter]:
        found: list[Letter] = []
        for together in _in_answers(heads):
            if self._runtime.should_stop is not None and self._runtime.should_stop():
                raise Interrupted
            by_uid = {one.uid: one for one in together}
            for uid, raw in self._mailbox.mails(list(by_uid)):
                found.append(self._reader.read(raw, self._envelope(by_uid[uid])))
        return found

    def _envelope(self, head: Head) -> Envelope:
        arrived_at = None if head.arrived_at is None else from_datetime(head.arrived_at)
        return Envelope(
            arrived_at=arrived_at,
            clock="server",
            is_junk=self._chosen.role == "junk",
            is_answered=head.is_answered,
            is_sent=self._chosen.role == "sent",
            read_at=self._runtime.clock(),
        )

    def _note(self) -> None:
        if self._runtime.note_traffic is not None:
            self._runtime.note_traffic("imap", "page", 1)


def _is_before(head: Head, instant: int) -> bool:
    return head.arrived_at is not None and from_datetime(head.arrived_at) < instant


def _in_answers(heads: Sequence[Head]) -> Iterator[list[Head]]:
    """Mails together as long as their sizes are small."""
    together: list[Head] = []
    size = 0
    for head in heads:
        if together and size + head.size > AT_ONCE:
            yield together
            together, size = [], 0
        together.append(head)
        size += head.size
    if together:
        yield together
