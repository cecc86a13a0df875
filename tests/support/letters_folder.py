"""A small newsletter on disk with its letters: invented posts, readers and mails."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.command import Said, run

WRITER = "ada@letters.example"
NAME = "notes"


@dataclass(frozen=True)
class LettersFolder:
    """Settings, files of posts and people, and an mbox."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "regulars.toml"

    @property
    def store(self) -> Path:
        return self.root / "store"

    def run(self, *words: str) -> Said:
        return run(self.config, *words)

    def import_all(self) -> None:
        """Posts and people, then letters."""
        for words in (("files", str(self.root / "files")), ("mail", str(self.root / "in.mbox"))):
            said = self.run("import", *words, "--publication", NAME)
            assert said.code == 0, said.err

    def put(self, *mails: bytes, name: str = "in.mbox") -> Path:
        """Write an mbox."""
        path = self.root / name
        path.write_bytes(b"".join(b"From x\n" + one.rstrip() + b"\n\n" for one in mails))
        return path


def letters_folder(root: Path, settings: str = "") -> LettersFolder:
    """Two posts a week apart, and three readers with addresses."""
    files = root / "files"
    files.mkdir(parents=True)
    (files / "posts.csv").write_text(
        "id,title,status,sent_at\n"
        "p1,Bread and salt,sent,2026-03-01T08:00:00Z\n"
        "p2,Tea in the rain,sent,2026-03-08T08:00:00Z\n"
    )
    (files / "subscriptions.csv").write_text(
        "id,email,joined_at,left_at,status,source\n"
        "s1,mara@example.org,2026-01-01T00:00:00Z,,active,\n"
        "s2,bo@gmail.com,2026-01-01T00:00:00Z,,active,\n"
        "s3,finn@example.org,2026-01-01T00:00:00Z,,active,\n"
    )
    (root / "regulars.toml").write_text(
        f'[store]\nfolder = "{root / "store"}"\n[[publications]]\nname = "{NAME}"\n'
        f'[publications.letters]\naddresses = ["{WRITER}"]\n{settings}'
    )
    return LettersFolder(root)


def letter(
    number: int,
    sender: str = "mara@example.org",
    subject: str = "Re: Bread and salt",
    text: str = "I loved the part about rye. What flour do you use?",
    *,
    day: int = 2,
    to: str = WRITER,
    **more: str,
) -> bytes:
    """An invented mail of March 2026. more: headers, with underscores for dashes."""
    headers = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{number}@mail.example>",
        "Date": f"{day} Mar 2026 10:00:00 +0000",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return f"{head}\n{text}\n".encode()
