"""Mails on disk: mbox, Maildir, folders of them; in the order of time, each letter once."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import msgspec
import pytest
from support.fake_correspondence import WRITER, FakeCorrespondence
from support.mail_attacks import ATTACKS

from regulars_connectors import CursorExpired, InvalidFile, Letter, Page, Runtime, SyncState, Walk
from regulars_connectors.conformance import check_connector, complaints
from regulars_connectors.errors import Interrupted
from regulars_connectors.instants import from_iso
from regulars_connectors.mail_files import connector as module
from regulars_connectors.mail_files import index
from regulars_connectors.mail_files.connector import MailFilesConnector
from regulars_connectors.mail_files.settings import MailFilesSettings

NOW = from_iso("2026-10-01T12:00:00Z")
READER = "mika@reader.example"


def mail(
    number: int,
    *,
    day: int = 1,
    sender: str = READER,
    to: str = WRITER,
    subject: str = "Re: Bread",
    parent: int | None = None,
    text: str = "Which oven do you bake in?",
    more: str = "",
) -> bytes:
    """A mail of March 2026 with the id ``mNUMBER@reader.example``."""
    answers = f"In-Reply-To: <m{parent}@reader.example>\n" if parent is not None else ""
    return (
        f"{more}Message-ID: <m{number}@reader.example>\n{answers}From: {sender}\nTo: {to}\n"
        f"Date: {day:02} Mar 2026 10:00:00 +0000\nSubject: {subject}\n\n{text}\n"
    ).encode()


def mbox(path: Path, *mails: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (b"From x@reader.example Sun Mar 01 10:00:00 2026\n" + one + b"\n" for one in mails)
    path.write_bytes(b"".join(lines))
    return path


def maildir(path: Path, **mails: bytes) -> Path:
    for folder in ("cur", "new", "tmp"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    for name, raw in mails.items():
        place, _, flags = name.partition("_")
        flagged = f":2,{flags}" if flags else ""
        (path / ("cur" if flags else "new") / f"1772355600.{place}.host{flagged}").write_bytes(raw)
    return path


def connector(
    path: Path, correspondence: FakeCorrespondence | None = None, **settings: object
) -> MailFilesConnector:
    given = correspondence or FakeCorrespondence("Bread")
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None, correspondence=given)
    return MailFilesConnector(MailFilesSettings(path=path, **settings), runtime)  # type: ignore[arg-type]


def walk(found: MailFilesConnector, state: SyncState | None = None) -> Walk:
    (only,) = found.walks(found.streams()[0], state or SyncState())
    return only


def pages(
    path: Path, correspondence: FakeCorrespondence | None = None, cursor: str | None = None
) -> list[Page]:
    found = connector(path, correspondence)
    return list(found.pages(walk(found), cursor))


def letters(path: Path, correspondence: FakeCorrespondence | None = None) -> list[Letter]:
    found = [one for page in pages(path, correspondence) for one in page.records]
    assert all(isinstance(one, Letter) for one in found)
    return found  # type: ignore[return-value]


def ids(found: list[Letter]) -> list[str]:
    return [(one.message_id or "").partition("@")[0] for one in found]


def test_an_mbox_gives_its_letters_and_keeps_nothing_of_others(tmp_path: Path) -> None:
    private = mail(2, subject="Dinner on Friday", text="Just us two.")
    machine = mail(3, subject="Backup failed", more="Auto-Submitted: auto-generated\n")
    path = mbox(tmp_path / "All.mbox", mail(1), private, machine)
    (page,) = pages(path)
    (letter,) = page.records
    assert isinstance(letter, Letter)
    assert (letter.message_id, letter.direction, letter.kind) == (
        "m1@reader.example", "in", "human",
    )  # fmt: skip
    assert (letter.words, letter.question, letter.clock) == (6, True, "sent")
    assert letter.arrived_at == from_iso("2026-03-01T10:00:00Z")
    (notice,) = page.notices
    assert notice == (
        "Of 3 mails 1 belongs to a conversation with a reader."
        " Nothing is kept of 2 others, 1 of them by machines."
    )


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_answers_are_found_in_any_order_of_the_file(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Only the first bears the subject of a post; each other one names the one before it."""
    chain = {
        1: mail(1, day=1),
        2: mail(2, day=2, sender=WRITER, to=READER, subject="Ovens", parent=1),
        3: mail(3, day=3, subject="Ovens", parent=2),
    }
    path = mbox(tmp_path / "all", *(chain[number] for number in order))
    found = letters(path)
    assert ids(found) == ["m1", "m2", "m3"]
    assert [one.direction for one in found] == ["in", "out", "in"]


def test_answers_are_found_across_files(tmp_path: Path) -> None:
    mbox(tmp_path / "Inbox", mail(1), mail(3, day=3, subject="Ovens", parent=2))
    mbox(tmp_path / "Sent", mail(2, day=2, sender=WRITER, to=READER, subject="Ovens", parent=1))
    assert ids(letters(tmp_path)) == ["m1", "m2", "m3"]


def test_a_copy_in_sent_mail_counts_before_one_in_the_inbox(tmp_path: Path) -> None:
    alias = mail(1, sender="me@alias.example", to=WRITER)
    mbox(tmp_path / "Inbox.mbox", alias)
    mbox(tmp_path / "Gesendet.mbox", alias)
    (letter,) = letters(tmp_path)
    assert (letter.direction, letter.kind, letter.rule) == ("out", "own", "sent_folder")


def test_a_copy_outside_of_junk_counts_before_one_in_it(tmp_path: Path) -> None:
    mbox(tmp_path / "Archive", mail(1))
    mbox(tmp_path / "Spam", mail(1), mail(2, day=2))
    found = letters(tmp_path)
    assert [(one.message_id, one.is_junk) for one in found] == [
        ("m1@reader.example", False), ("m2@reader.example", True),
    ]  # fmt: skip


def test_a_forged_id_takes_no_letter_away(tmp_path: Path) -> None:
    forged = mail(1, day=2, sender="mallory@elsewhere.example", text="Unread me.")
    found = letters(mbox(tmp_path / "all", mail(1), forged))
    assert len({one.id for one in found}) == 2
    assert found[0].id == letters(mbox(tmp_path / "one", mail(1)))[0].id


def test_a_maildir_tells_what_was_answered(tmp_path: Path) -> None:
    path = maildir(
        tmp_path / "Maildir", a_RS=mail(1), b_S=mail(2, day=2), c=mail(3, day=3), d_D=mail(4)
    )
    found = letters(path)
    assert {one.message_id: one.is_answered for one in found} == {
        "m1@reader.example": True, "m2@reader.example": False, "m3@reader.example": None,
    }  # fmt: skip


def test_folders_of_a_maildir_are_read_and_what_is_half_written_is_not(tmp_path: Path) -> None:
    path = maildir(tmp_path / "Maildir", a_S=mail(1))
    maildir(path / ".Sent", b_S=mail(2, day=2, sender="me@alias.example", to=READER, parent=1))
    maildir(path / ".Drafts", c_S=mail(3))
    (path / "tmp" / "half").write_bytes(mail(4))
    (path / "dovecot-uidlist").write_bytes(b"3 V1 N2\n")
    found = letters(path)
    assert [(one.message_id, one.direction) for one in found] == [
        ("m1@reader.example", "in"), ("m2@reader.example", "out"),
    ]  # fmt: skip


def test_a_maildir_whose_flags_change_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = maildir(tmp_path / "Maildir", a=mail(1), b=mail(2, day=2))
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "PAGE", 1)
    found = connector(path)
    walking = found.pages(walk(found))
    assert ids(list(next(walking).records)) == ["m1"]  # type: ignore[arg-type]
    (second,) = (path / "new").glob("*.b.*")
    second.rename(path / "cur" / f"{second.name}:2,RS")
    assert ids(list(next(walking).records)) == ["m2"]  # type: ignore[arg-type]


def test_a_mail_that_is_deleted_while_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = maildir(tmp_path / "Maildir", a=mail(1), b=mail(2, day=2))
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "PAGE", 1)
    found = connector(path)
    walking = found.pages(walk(found))
    next(walking)
    next((path / "new").glob("*.b.*")).unlink()
    last = next(walking)
    assert not last.records
    assert last.notices[-1] == "1 mail was deleted meanwhile."


def test_an_mbox_that_is_rewritten_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mbox(tmp_path / "Inbox", mail(1), mail(2, day=2))
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "PAGE", 1)
    found = connector(path)
    walking = found.pages(walk(found))
    next(walking)
    path.write_bytes(path.read_bytes()[40:])
    with pytest.raises(CursorExpired, match=r"Inbox changed while it was read"):
        next(walking)


def test_an_mbox_that_grows_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mbox(tmp_path / "Inbox", mail(1), mail(2, day=2))
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "PAGE", 1)
    found = connector(path)
    walking = found.pages(walk(found))
    next(walking)
    with path.open("ab") as handle:
        handle.write(b"From x Mon Mar 02 10:00:00 2026\n" + mail(3, day=3))
    assert ids([one for page in walking for one in page.records]) == ["m2"]  # type: ignore[misc]
    assert ids(letters(path)) == ["m1", "m2", "m3"]


def test_a_truncated_mbox_gives_what_is_there(tmp_path: Path) -> None:
    path = mbox(tmp_path / "Inbox", mail(1), mail(2, day=2, text="Thank you for this " * 20))
    path.write_bytes(path.read_bytes()[:-200])
    cut = letters(path)
    assert ids(cut) == ["m1", "m2"]
    path = mbox(tmp_path / "Inbox", mail(1), mail(2, day=2, text="Thank you for this " * 20))
    whole = letters(path)
    assert [one.id for one in whole] == [one.id for one in cut]
    assert whole[1].words > cut[1].words


def test_an_mbox_cut_within_its_headers(tmp_path: Path) -> None:
    path = mbox(tmp_path / "Inbox", mail(1), mail(2, day=2))
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.rindex(b"Date:") + 3])
    assert ids(letters(path)) == ["m1"]


def test_a_second_import_reads_no_letter_again_until_it_is_answered(tmp_path: Path) -> None:
    path = maildir(tmp_path / "Maildir", a_S=mail(1), b_S=mail(2, day=2))
    known = FakeCorrespondence("Bread")
    known.kept_as = {"m1@reader.example": "waiting", "m2@reader.example": "waiting"}
    found = connector(path, known)
    again = SyncState(checkpoints={("letters", None): "read"})
    assert [list(page.records) for page in found.pages(walk(found, again))] == [[]]
    (first,) = (path / "cur").glob("*.a.*")
    first.rename(path / "cur" / first.name.replace(":2,S", ":2,RS"))
    (letter,) = [one for page in found.pages(walk(found, again)) for one in page.records]
    assert isinstance(letter, Letter)
    assert (letter.message_id, letter.is_answered) == ("m1@reader.example", True)
    everything = SyncState(checkpoints={("letters", None): "read"}, full=True)
    assert sum(len(page.records) for page in found.pages(walk(found, everything))) == 2


def test_sent_mail_that_comes_later_makes_a_known_letter_the_writers(tmp_path: Path) -> None:
    alias = mail(1, sender="me@alias.example", to=WRITER)
    mbox(tmp_path / "Inbox", alias)
    mbox(tmp_path / "Sent", alias)
    known = FakeCorrespondence("Bread")
    known.kept_as = {"m1@reader.example": "waiting"}  # by an import of the inbox alone
    found = connector(tmp_path, known)
    again = SyncState(checkpoints={("letters", None): "read"})
    (letter,) = [one for page in found.pages(walk(found, again)) for one in page.records]
    assert isinstance(letter, Letter)
    assert letter.direction == "out"


def test_a_walk_resumes_at_its_cursors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "PAGE", 2)
    path = mbox(tmp_path / "Inbox", *(mail(number, day=number) for number in range(1, 8)))
    whole = pages(path)
    assert [len(page.records) for page in whole] == [2, 2, 2, 1]
    rest = pages(path, cursor=whole[1].cursor)
    assert [page.records for page in rest] == [page.records for page in whole[2:]]
    with path.open("ab") as handle:
        handle.write(b"From x Mon Mar 02 10:00:00 2026\n" + mail(9, day=9))
    with pytest.raises(CursorExpired, match="have changed since the import"):
        pages(path, cursor=whole[1].cursor)


def test_the_owner_stops_a_walk(tmp_path: Path) -> None:
    path = mbox(tmp_path / "Inbox", mail(1))
    runtime = Runtime(
        clock=lambda: NOW, sleep=lambda _: None, should_stop=lambda: True,
        correspondence=FakeCorrespondence("Bread"),
    )  # fmt: skip
    found = MailFilesConnector(MailFilesSettings(path=path), runtime)
    with pytest.raises(Interrupted):
        list(found.pages(walk(found)))


def test_without_letters_no_mail_is_looked_at(tmp_path: Path) -> None:
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    found = MailFilesConnector(MailFilesSettings(path=tmp_path / "none"), runtime)
    assert [list(page.records) for page in found.pages(walk(found))] == [[]]


def test_gmail_labels_tell_junk_and_drafts_in_an_export(tmp_path: Path) -> None:
    path = mbox(
        tmp_path / "Alle E-Mails.mbox",
        mail(1, more="X-Gmail-Labels: Posteingang,Wichtig\n"),
        mail(2, day=2, more="X-Gmail-Labels: Spam\n"),
        mail(3, day=3, more="X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=\n"),
        mail(4, day=4, sender=WRITER, to=READER, more="X-Gmail-Labels: Gesendet\n"),
    )
    found = letters(path)
    assert ids(found) == ["m1", "m2", "m4"]
    assert [(one.is_junk, one.direction) for one in found] == [
        (False, "in"), (True, "in"), (False, "out"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "is_answered"),
    [
        ("X-Mozilla-Status: 0003\n", True),
        ("X-Mozilla-Status: 0001\n", False),
        ("X-Mozilla-Status: what\n", None),
        ("X-Status: A\n", True),
        ("X-Status: F\n", False),
        ("", None),
    ],
)
def test_flags_in_the_headers_of_an_mbox(
    tmp_path: Path, flag: str, is_answered: bool | None
) -> None:
    (letter,) = letters(mbox(tmp_path / "Inbox", mail(1, more=flag)))
    assert letter.is_answered is is_answered


def test_a_folder_names_what_it_leaves_out(tmp_path: Path) -> None:
    mbox(tmp_path / "Inbox", mail(1))
    (tmp_path / "letter.eml").write_bytes(mail(2, day=2))
    (tmp_path / "Inbox.msf").write_bytes(b"// <!-- <mdb:mork:z v=1.4/> -->\n")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (page,) = pages(tmp_path)
    assert ids(list(page.records)) == ["m1", "m2"]  # type: ignore[arg-type]
    assert page.notices[-2] == "1 file holds no mail: Inbox.msf."
    assert {(one.why, one.name) for one in page.unused} == {
        ("unmatched", "Inbox.msf"), ("empty", "empty"), ("leftover", ".DS_Store"),
    }  # fmt: skip


def test_a_folder_without_mails_is_refused(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("id,title\n1,Bread\n")
    with pytest.raises(InvalidFile, match="holds no mails"):
        pages(tmp_path)
    (finding,) = connector(tmp_path).preflight().findings
    assert (finding.verdict, bool(finding.fix)) == ("error", True)


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mbox(tmp_path / "Inbox", mail(1))

    def refuse(path: str, *_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(index, "open", refuse, raising=False)  # root may read everything
    with pytest.raises(InvalidFile, match=r"Inbox cannot be read: Permission denied"):
        pages(path)


def test_an_mbox_that_goes_away_between_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "PAGE", 1)
    mbox(tmp_path / "folder" / "A", mail(1))
    mbox(tmp_path / "folder" / "B", mail(2, day=2))
    found = connector(tmp_path / "folder")
    walking = found.pages(walk(found))
    next(walking)
    shutil.rmtree(tmp_path / "folder")
    assert not next(walking).records


@pytest.mark.long
def test_every_attack_ends_as_a_letter_and_takes_no_other_away(tmp_path: Path) -> None:
    attacks = [made(count * steps) for count, made in ATTACKS.values() for steps in (1, 2, 4, 8)]
    raws = [mail(1), *(one.replace(b"\nFrom ", b"\n>From ") for one in attacks), mail(2)]
    found = letters(mbox(tmp_path / "Inbox", *raws), FakeCorrespondence(everything=True))
    # Some differ by their length alone, beyond what is read: they are one letter.
    assert len(raws) * 3 // 4 < len(found) <= len(raws)
    assert {"m1@reader.example", "m2@reader.example"} <= {one.message_id for one in found}
    texts = (one for row in found for one in msgspec.structs.astuple(row) if isinstance(one, str))
    assert max(map(len, texts)) <= 64 * 1024


def test_it_keeps_its_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "PAGE", 2)
    path = mbox(tmp_path / "Inbox", *(mail(number, day=number) for number in range(1, 8)))
    runtime = Runtime(
        clock=lambda: NOW, sleep=lambda _: None, correspondence=FakeCorrespondence("Bread")
    )
    verdicts = check_connector(MailFilesConnector, {"path": path}, runtime, name="mail-files")
    assert not complaints(verdicts)
    judged = {verdict.name for verdict in verdicts if verdict.verdict == "ok"}
    assert {"resume", "same-again", "remembers-nothing", "cursor-advances"} <= judged
