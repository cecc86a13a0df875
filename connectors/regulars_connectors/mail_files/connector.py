"""The connector of mails on disk: two looks at the heads, one at the letters.

Heads are shown to the service in the order of the files, twice: an answer that lies before what it
answers is asked for the second time. So nothing is held in memory but one page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar

from pydantic import Field

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
from ..errors import CursorExpired, Interrupted, InvalidFile
from ..instants import SECOND
from ..mail.letters import Envelope, LetterReader, head_of
from ..plural import pluralize
from ..records import Letter
from .sources import MailFile, mail_files

LETTERS = Stream("letters", "events", "letters")
PAGE = 200


class MailFilesSettings(ConnectionSettings):
    """Where the mails lie."""

    local_files: ClassVar[bool] = True
    reads_letters: ClassVar[bool] = True

    path: Path = Field(description="an mbox file, a Maildir, a folder of messages, or one message")
    checked_by: str | None = Field(
        default=None,
        description="name of the server whose Authentication-Results you trust (default: none)",
    )


class MailFilesConnector:
    """Letters in files of mail."""

    name: ClassVar[str] = "mail-files"
    Settings: ClassVar[type[ConnectionSettings]] = MailFilesSettings

    def __init__(self, settings: MailFilesSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime

    def streams(self) -> Sequence[Stream]:
        return (LETTERS,)

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        """One walk through all files. What is kept already is passed over by its head."""
        return (Walk(stream, "since"),)

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        """A page for each two hundred mails. Raises InvalidFile, CursorExpired, Interrupted."""
        files = self._files()
        mark = _mark_of(files)
        start = _start(cursor, mark)
        correspondence = self._runtime.correspondence
        if correspondence is None:
            yield Page([], None, self._runtime.clock())
            return
        self._show_all(files, correspondence)
        seen, kept = 0, 0
        with LetterReader(correspondence, checked_by=self._settings.checked_by) as reader:
            for together in _groups(self._mails(files)):
                seen += len(together)
                if seen <= start:
                    continue
                letters = self._letters(together, correspondence, reader)
                kept += len(letters)
                yield Page(letters, f"{seen}/{mark}", self._runtime.clock())
        if _mark_of(self._files()) != mark:
            raise CursorExpired("The mails changed while they were read.")
        yield Page([], None, self._runtime.clock(), notices=_left(seen, start, kept))

    def preflight(self) -> Preflight:
        """Say how many files there are."""
        files = self._files()
        return Preflight(
            [Finding("files", "ok", f"There is mail in {pluralize(len(files), 'file')}.")]
        )

    def close(self) -> None:
        """Nothing stays open."""

    def _files(self) -> list[MailFile]:
        path = self._settings.path.expanduser()
        try:
            files = mail_files(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        if not files:
            raise InvalidFile(
                f"{path} holds no mails.",
                to_do="Give an mbox file, a Maildir, or a folder of messages.",
            )
        return files

    def _mails(self, files: Sequence[MailFile]) -> Iterator[tuple[MailFile, bytes]]:
        for file in files:
            try:
                for raw in file.mails():
                    yield file, raw
            except OSError as error:
                raise _unreadable(file.path, error) from error

    def _show_all(self, files: Sequence[MailFile], correspondence: Correspondence) -> None:
        for together in _groups(self._mails(files)):
            self._stop_if_asked()
            correspondence.asks([head_of(raw) for _, raw in together])

    def _letters(
        self,
        together: Sequence[tuple[MailFile, bytes]],
        correspondence: Correspondence,
        reader: LetterReader,
    ) -> list[Letter]:
        heads = [head_of(raw) for _, raw in together]
        asked = correspondence.asks(heads)
        kept = correspondence.kept([one.message_id for one in heads])
        found = []
        for (file, raw), is_asked, known in zip(together, asked, kept, strict=True):
            if is_asked and (known == "no" or (known == "waiting" and file.is_answered)):
                self._stop_if_asked()
                found.append(reader.read(raw, _envelope(file)))
        return found

    def _stop_if_asked(self) -> None:
        if self._runtime.should_stop is not None and self._runtime.should_stop():
            raise Interrupted


def _envelope(file: MailFile) -> Envelope:
    written_at = None if file.is_mbox else round(file.path.stat().st_mtime * SECOND)
    return Envelope(written_at, "file", is_junk=file.is_junk, is_answered=file.is_answered)


def _groups(mails: Iterator[tuple[MailFile, bytes]]) -> Iterator[list[tuple[MailFile, bytes]]]:
    while group := list(islice(mails, PAGE)):
        yield group


def _left(seen: int, start: int, kept: int) -> list[str]:
    """How many mails are no letters, or are kept already. A resumed walk cannot count them."""
    left = seen - kept
    if start or not left:
        return []
    mails = "1 mail belongs" if left == 1 else f"{left:,} mails belong"
    return [f"{mails} to no conversation, or came before. Nothing of them is kept."]


def _mark_of(files: Sequence[MailFile]) -> str:
    """Of names, sizes and times: another one means other mails."""
    digest = hashlib.sha256()
    for file in files:
        facts = file.path.stat()
        digest.update(f"{file.path}\n{facts.st_size}\n{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _start(cursor: str | None, mark: str) -> int:
    if cursor is None:
        return 0
    number, _, known = cursor.partition("/")
    if known != mark or not number.isdecimal():
        raise CursorExpired("The mails changed since the import was interrupted.")
    return int(number)


def _unreadable(path: Path, error: OSError) -> InvalidFile:
    return InvalidFile(
        f"{path} cannot be read: {error.strerror}.",
        to_do="Make it readable for Regulars, and import it again.",
    )
