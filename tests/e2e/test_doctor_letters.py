"""What `regulars doctor` says of letters in the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.letters_folder import LettersFolder, letter, letters_folder

pytestmark = pytest.mark.long
UNKNOWN_TEXTS = ("warning", "The text of no post is known, so quotes tie no letter.")


@pytest.fixture
def folder(tmp_path: Path) -> LettersFolder:
    return letters_folder(tmp_path)


def found(folder: LettersFolder, ending: str = ": letters") -> list[tuple[str, str]]:
    """Verdict and text of the findings about letters."""
    findings = folder.run("doctor", "--json").json["findings"]
    return [(one["verdict"], one["text"]) for one in findings if one["name"].endswith(ending)]


def strange(number: int) -> bytes:
    """A letter to the writer about nothing that was ever sent."""
    return letter(
        number, f"one{number}@example.org", f"About number {number}", f"Have you seen {number}?"
    )


def with_every_mail(folder: LettersFolder) -> None:
    """The mailbox serves the newsletter alone, so every mail to the writer is a letter."""
    text = folder.config.read_text()
    folder.config.write_text(text.replace("addresses =", "only_newsletter = true\naddresses =", 1))


def test_without_letters_nothing_is_said(folder: LettersFolder) -> None:
    folder.put(letter(1, "bank@bank.example", "Your statement", "Private."))
    folder.import_all()
    assert found(folder) == []


def test_posts_without_text_are_told_and_ties_are_counted(folder: LettersFolder) -> None:
    folder.put(letter(1), letter(2, "bo@gmail.com", "Re: Tea in the rain", "Thank you!", day=9))
    folder.import_all()
    assert found(folder) == [UNKNOWN_TEXTS, ("ok", "0 of 2 letters found no post.")]


def test_texts_of_posts_end_the_warning(folder: LettersFolder) -> None:
    text = "The rye came late this year and the mill was quiet for a week or two."
    posts = (folder.root / "files" / "posts.csv").read_text().splitlines()
    lines = [f"{posts[0]},text", *(f"{line},{text}" for line in posts[1:])]
    (folder.root / "files" / "posts.csv").write_text("\n".join(lines) + "\n")
    folder.put(letter(1))
    folder.import_all()
    folder.import_all()  # texts are read once there are letters
    assert found(folder) == [("ok", "0 of 1 letter found no post.")]


@pytest.mark.parametrize(("strangers", "verdict"), [(10, "ok"), (11, "warning")])
def test_when_most_letters_have_no_post_it_says_what_to_do(
    folder: LettersFolder, strangers: int, verdict: str
) -> None:
    with_every_mail(folder)
    names = [f"r{number}@example.org" for number in range(10)]
    folder.put(
        *(letter(n, name) for n, name in enumerate(names)),
        *(strange(100 + n) for n in range(strangers)),
    )
    folder.import_all()
    share = f"{strangers} of {strangers + 10} letters found no post."
    assert found(folder)[-1] == (verdict, share)
    assert ("other_mails" in folder.run("doctor").out) == (verdict == "warning")


def test_a_mailbox_says_when_it_was_last_read(folder: LettersFolder) -> None:
    folder.put(letter(1))
    folder.config.write_text(
        folder.config.read_text() + "[[publications.connections]]\n"
        f'name = "letters"\nconnector = "mail-files"\npath = "{folder.root / "in.mbox"}"\n'
    )
    said = folder.run("import", "files", str(folder.root / "files"), "--publication", "notes")
    assert said.code == 0
    assert found(folder, ": last sync") == [("ok", "None has ended yet: regulars sync letters")]
    assert folder.run("sync", "letters").code == 0
    assert found(folder, ": last sync") == [("ok", "It ended 0 hours ago.")]
