"""The connector of mails on disk: a glance at each, heads in the order of time, then letters.

The first pass notes where each mail lies and when it came. The second shows heads to the service
in the order of time, so that what is answered is known before its answer, and reads those that the
service asks for. Of all others nothing stays but a count.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from ..contract import (
    ConnectionSettings,
    Finding,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
)
from ..correspondence import Correspondence
from ..errors import ConnectorError, CursorExpired, Interrupted, InvalidFile
from ..mail.letters import Envelope, LetterReader, look_at
from ..mail.worker import WorkerBroken
from ..plural import pluralize
from ..records import Letter
from .index import Handles, Index
from .places import Found, found_at, said_of
from .settings import MailFilesSettings

LETTERS = Stream("letters", "events", "letters")
BATCH = 200
"""Heads that are shown at a time."""
PAGE = 100
"""Letters that make a page, or a batch more."""
HEAD_BYTES = 256 * 1024
READ = "read"
"""The checkpoint of a walk that came to its end: what is kept by then need not be read again."""
_MIB_PER_SECOND = 20


@dataclass(slots=True)
class _Counts:
    """Of the mails of a walk. known: letters that are kept already. gone: deleted meanwhile."""

    mails: int = 0
    letters: int = 0
    known: int = 0
    machines: int = 0
    gone: int = 0


class MailFilesConnector:
    """Letters in files of mail."""

    name: ClassVar[str] = "mail-files"
    Settings: ClassVar[type[ConnectionSettings]] = MailFilesSettings

    def __init__(self, settings: MailFilesSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime

    def streams(self) -> Sequence[Stream]:
        """Letters alone: posts and people come from elsewhere."""
        return (LETTERS,)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One walk through all files, since what answers what may lie in any of them."""
        checkpoint = None if state.full else state.checkpoints.get((stream.name, None))
        return (Walk(stream, "since", checkpoint=checkpoint),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of letters. Raises InvalidFile, CursorExpired and Interrupted.

        A letter that is kept already is read again only where it was answered since, or where the
        owner asked for everything.
        """
        correspondence = self._runtime.correspondence
        if correspondence is None:  # nobody reads letters here, so no mail is looked at
            yield Page([], None, self._runtime.clock(), checkpoint=walk.checkpoint)
            return
        found = self._found()
        index = Index(found.files, self._runtime.clock())
        begun = _place(cursor, index)
        try:
            with (
                Handles() as handles,
                LetterReader(correspondence, checked_by=self._settings.checked_by) as reader,
            ):
                walking = _Walking(self._runtime, correspondence, reader, index, handles)
                walking.passes_over_kept = walk.checkpoint is not None
                unused = found.unused if begun == 0 else []
                for page in walking.pages(begun, len(index)):
                    notices = [*said_of(unused), *page.notices]
                    yield replace(page, notices=notices, unused=unused)
                    unused = []
        except WorkerBroken as error:
            raise ConnectorError(str(error)) from error

    def preflight(self) -> Preflight:
        """Which files there are, and how large they are together."""
        try:
            found = self._found()
        except InvalidFile as error:
            return Preflight([Finding("files", "error", error.happened, error.to_do)])
        size = sum(_size(file.path) for file in found.files)
        mib = size / (1024 * 1024)
        text = f"{pluralize(len(found.files), 'file')} of mail, {mib:,.1f} MiB."
        findings = [Finding("files", "ok", text)]
        findings += [Finding("files", "warning", one) for one in said_of(found.unused)]
        return Preflight(findings, seconds=mib / _MIB_PER_SECOND)

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _found(self) -> Found:
        return found_at(self._settings.path.expanduser())


class _Walking:
    """The pages of one walk."""

    def __init__(
        self,
        runtime: Runtime,
        correspondence: Correspondence,
        reader: LetterReader,
        index: Index,
        handles: Handles,
    ) -> None:
        self._runtime, self._correspondence, self._reader = runtime, correspondence, reader
        self._index, self._handles = index, handles
        self._counts = _Counts()
        self.passes_over_kept = False

    def pages(self, begun: int, end: int) -> Iterator[Page]:
        """Pages from a place in the order of time on; each but the last has letters."""
        letters: list[Letter] = []
        for first in range(begun, end, BATCH):
            if self._runtime.should_stop is not None and self._runtime.should_stop():
                raise Interrupted
            last = min(first + BATCH, end)
            letters += self._letters(range(first, last))
            if len(letters) >= PAGE and last < end:
                yield Page(letters, f"{last}/{self._index.mark}", self._runtime.clock())
                letters = []
        notices = _said(self._counts) if begun == 0 else ()
        yield Page(letters, None, self._runtime.clock(), checkpoint=READ, notices=notices)

    def _letters(self, places: Sequence[int]) -> list[Letter]:
        """The letters among some mails: those that are asked for and not kept yet as they are."""
        there, looks = [], []
        for place in places:
            start = self._index.raw(place, self._handles, HEAD_BYTES)
            if start is None:
                self._counts.gone += 1
                continue
            there.append(place)
            looks.append(look_at(start))
        shown = [look.shown for look in looks]
        asked = self._correspondence.asks(shown)
        kept = self._correspondence.kept([one.message_id for one in shown])
        self._counts.mails += len(there)
        found = []
        for place, look, is_asked, known in zip(there, looks, asked, kept, strict=True):
            if not is_asked:
                self._counts.machines += look.is_machine
                continue
            self._counts.letters += 1
            if self._is_known(place, known):
                self._counts.known += 1
            elif (letter := self._letter(place)) is not None:
                found.append(letter)
        return found

    def _is_known(self, place: int, known: str) -> bool:
        """Whether a letter is kept as this mail shows it. What lies among sent mail is the
        writer's, whatever a copy elsewhere looked like.
        """
        is_answered, _ = self._index.flags_of(place)
        is_news = is_answered or self._index.file_of(place).is_sent
        as_it_is = known == "answered" or (known == "waiting" and not is_news)
        return self.passes_over_kept and as_it_is

    def _letter(self, place: int) -> Letter | None:
        raw = self._index.raw(place, self._handles)
        if raw is None:
            return None
        is_answered, is_junk = self._index.flags_of(place)
        envelope = Envelope(
            arrived_at=self._index.written_at(place),
            clock="file",
            is_junk=is_junk,
            is_answered=is_answered,
            is_sent=self._index.file_of(place).is_sent,
            read_at=self._runtime.clock(),
        )
        return self._reader.read(raw, envelope)


def _place(cursor: str | None, index: Index) -> int:
    """Where a walk goes on. Raises CursorExpired where other mails lie there by now."""
    if cursor is None:
        return 0
    number, _, mark = cursor.partition("/")
    if mark != index.mark or not (number.isascii() and number.isdigit() and len(number) < 12):
        raise CursorExpired(
            "The mails have changed since the import was interrupted.",
            to_do="Import them again. Each letter counts once.",
        )
    return int(number)


def _said(counts: _Counts) -> Sequence[str]:
    """What became of the mails, in a sentence or two."""
    letters = "1 belongs" if counts.letters == 1 else f"{counts.letters:,} belong"
    known = f", {counts.known:,} of them known already" if counts.known else ""
    others = counts.mails - counts.letters
    machines = f", {counts.machines:,} of them by machines" if counts.machines else ""
    kept = f" Nothing is kept of {pluralize(others, 'other')}{machines}." if others else ""
    of_all = f"Of {pluralize(counts.mails, 'mail')} {letters} to a conversation with a reader"
    said = [f"{of_all}{known}.{kept}"]
    if counts.mails and not counts.letters:
        said.append(
            "Import posts and subscribers first: a mail belongs to a conversation if it answers"
            " one of your posts."
        )
    if counts.gone:
        said.append(f"{pluralize(counts.gone, 'mail was', 'mails were')} deleted meanwhile.")
    return said


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
