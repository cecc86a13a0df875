"""What is found in mails on disk: read in a worker, tied to posts, without a store."""

from __future__ import annotations

import csv
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from regulars.errors import UsageWrong, system_error
from regulars_connectors.instants import SECOND, from_iso
from regulars_connectors.mail.headers import normal_id
from regulars_connectors.mail.limits import MOST_PARSED, MOST_POST_WORDS
from regulars_connectors.mail.mbox import mails
from regulars_connectors.mail.reading import Reading, Request, Setup, asks, count_words
from regulars_connectors.mail.subjects import base_subjects
from regulars_connectors.mail.traces import Traces, links_of, runs_of
from regulars_connectors.mail.worker import MailWorker

from .attribution import NO_TIE, Ladder, Tie
from .posts import PostFacts

_COLUMNS = ("id", "title", "sent_at", "text", "message_id")
_LONGEST_CELL = 16 * 1024 * 1024
_LEAST_LINE = 6  # words of a line that is known to be quoted
_LAST_SURE_RUNG = 7


@dataclass(frozen=True, slots=True)
class Source:
    """One file with mails. is_mbox: it holds many."""

    path: Path
    is_mbox: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """One mail: where it lies, what was read, and the post that it answers."""

    file: str
    number: int
    reading: Reading
    tie: Tie = NO_TIE


def sources_of(paths: Sequence[Path], *, as_mbox: bool = False) -> list[Source]:
    """The files behind some paths; a folder is its files, or a Maildir. Raises UsageWrong."""
    found: list[Source] = []
    for path in paths:
        if not path.exists():
            raise UsageWrong(f"There is no {path}.", to_do="Give files or folders that exist.")
        files = _files_in(path) if path.is_dir() else [path]
        found += (Source(one, as_mbox or one.suffix.casefold() == ".mbox") for one in files)
    return found


def _files_in(folder: Path) -> list[Path]:
    if (folder / "cur").is_dir() and (folder / "new").is_dir():
        tops = [folder / "new", folder / "cur"]
    else:
        tops = [folder]
    found = (one for top in tops for one in top.rglob("*") if one.is_file())
    return sorted(one for one in found if not one.name.startswith("."))


def explain(
    sources: Sequence[Source],
    *,
    writers: Sequence[str] = (),
    posts: Path | None = None,
    form: str = "message",
) -> Iterator[Explained]:
    """Each mail of some files, in order. Raises UsageWrong, and WorkerBroken.

    With posts, every mail is read before the first is given: they see each other.
    """
    own = frozenset(one.casefold() for one in writers)
    setup = Setup(own, secrets.token_bytes(32))
    facts = read_posts(posts, setup.key) if posts is not None else []
    with MailWorker(setup) as worker:
        read = _read(sources, worker, form)
        if posts is None:
            yield from (_settled(one, {}, setup.key) for one in read)
            return
        with tempfile.TemporaryFile() as kept:
            ladder = Ladder(facts, own=own)
            for one in read:
                ladder.add(one.reading.traces, is_own=one.reading.kind == "own")
                _keep(kept, one)
            kept.seek(0)
            by_id = {post.id: post for post in facts}
            for tie in ladder.ties():
                one = _kept(kept)
                tied = Explained(one.file, one.number, one.reading, tie)
                yield _settled(tied, by_id, setup.key)


def _read(sources: Sequence[Source], worker: MailWorker, form: str) -> Iterator[Explained]:
    for source in sources:
        try:
            with source.path.open("rb") as handle:
                raws = mails(handle) if source.is_mbox else iter([handle.read(MOST_PARSED + 1)])
                for number, raw in enumerate(raws, 1):
                    reading = worker.read(Request(raw, form))
                    yield Explained(str(source.path), number, reading)
        except OSError as error:
            raise system_error(error) or UsageWrong(
                f"{source.path} cannot be read: {error.strerror}.",
                to_do="Make the file readable, or leave it out.",
            ) from error


def _keep(kept: IO[bytes], one: Explained) -> None:
    slim = msgspec.structs.replace(one.reading, traces=Traces())
    data = msgspec.msgpack.encode((one.file, one.number, slim))
    kept.write(len(data).to_bytes(4))
    kept.write(data)


def _kept(kept: IO[bytes]) -> Explained:
    data = kept.read(int.from_bytes(kept.read(4)))
    return Explained(*msgspec.msgpack.decode(data, type=tuple[str, int, Reading]))


def _settled(one: Explained, posts: dict[str, PostFacts], key: bytes) -> Explained:
    """List mail unless it answers a post; lines of the post are no own words."""
    reading = one.reading
    post = posts.get(one.tie.post or "")
    if post is not None and reading.kind == "human":
        text = without_lines_of(post, reading.text, key)
        if text != reading.text:
            reading = msgspec.structs.replace(
                reading, text=text, words=count_words(text), question=asks(text)
            )
    if (
        reading.is_list
        and reading.kind in ("human", "human_empty")
        and one.tie.rung > _LAST_SURE_RUNG
    ):
        reading = msgspec.structs.replace(reading, kind="list_mail", rule="list_headers")
    return Explained(one.file, one.number, reading, one.tie)


def without_lines_of(post: PostFacts, text: str, key: bytes) -> str:
    """A text without lines that are the post's, word for word, six words or more."""
    kept = []
    for line in text.split("\n"):
        is_long = len(line.split()) >= _LEAST_LINE
        runs = runs_of(line, key, MOST_POST_WORDS) if is_long else []
        if not runs or not post.runs.issuperset(runs):
            kept.append(line)
    return "\n".join(kept).strip("\n")


def read_posts(path: Path, key: bytes) -> list[PostFacts]:
    """The posts of a CSV file with id, title, sent_at, text, message_id. Raises UsageWrong."""
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle, strict=True)
            missing = [name for name in _COLUMNS[:3] if name not in (rows.fieldnames or ())]
            if missing:
                raise _wrong(path, f"lacks the column {missing[0]}")
            found = [_post(path, rows.line_num, row, key) for row in rows]
    except FileNotFoundError as error:
        raise UsageWrong(
            f"There is no {path}.", to_do="Give the CSV file of your posts."
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _wrong(path, "cannot be read as CSV in UTF-8") from error
    twice = [name for name, times in Counter(post.id for post in found).items() if times > 1]
    if twice:
        raise _wrong(path, f"has the id {twice[0]} twice")
    return found


def _post(path: Path, line: int, row: dict[str, str | None], key: bytes) -> PostFacts:
    cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    if not cells["id"]:
        raise _wrong(path, f"has no id in line {line}")
    try:
        sent_at = from_iso(cells["sent_at"]) / SECOND if cells["sent_at"] else None
    except ValueError as error:
        raise _wrong(
            path, f"has a time in line {line} that is none: {cells['sent_at']!r}"
        ) from error
    return PostFacts(
        cells["id"],
        tuple(base_subjects(cells["title"])),
        sent_at,
        frozenset(runs_of(cells["text"], key, MOST_POST_WORDS)),
        frozenset(links_of(cells["text"])),
        frozenset(normal_id(one) for one in cells["message_id"].split() if one.strip("<>")),
    )


def _wrong(path: Path, what: str) -> UsageWrong:
    columns = ", ".join(_COLUMNS)
    return UsageWrong(
        f"{path} {what}.",
        to_do=f"Give a CSV file with the columns {columns}; times as 2026-03-02T07:30:00Z.",
    )
