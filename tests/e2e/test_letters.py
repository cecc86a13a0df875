"""Letters from an mbox to figures, and out of the store again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.letters_folder import NAME, WRITER, LettersFolder, letter, letters_folder

CANARY = "quillwortcanary"


@pytest.fixture
def folder(tmp_path: Path) -> LettersFolder:
    return letters_folder(tmp_path)


def answers(folder: LettersFolder) -> list[tuple[Any, ...]]:
    """Kind, post, and how many people are known to have given such an answer."""
    result = folder.run("report", "answers", "--publication", NAME, "--json").json
    result = result["result"]
    return sorted(
        (kind, one["post_id"], count, one["people"])
        for one in result["posts"]
        for kind, count in one["counts"].items()
    )


def bytes_of(folder: LettersFolder) -> bytes:
    return b"".join(one.read_bytes() for one in folder.store.rglob("*") if one.is_file())


def test_a_reader_who_writes_back_counts_once_whatever_is_imported_again(
    folder: LettersFolder,
) -> None:
    folder.put(
        letter(1),
        letter(
            2, WRITER, text="Rye, mostly.", to="mara@example.org", In_Reply_To="<1@mail.example>"
        ),
        letter(3, "b.o+news@googlemail.com", "Tea in the rain", "Thank you!", day=9),
        letter(4, "bank@bank.example", "Your statement", "Private."),
    )
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 1, 1), ("reply", "p2", 1, 1)]
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 1, 1), ("reply", "p2", 1, 1)]
    assert folder.run("verify").code == 0
    assert folder.run("rebuild").code == 0
    assert answers(folder) == [("reply", "p1", 1, 1), ("reply", "p2", 1, 1)]


def test_no_word_no_name_and_no_address_of_a_letter_is_kept(folder: LettersFolder) -> None:
    folder.put(
        letter(
            1,
            f"{CANARY} <stranger@{CANARY}.example>",
            text=f"{CANARY} and rye",
            Cc=f"{CANARY}@x.example",
        ),
        letter(2, f"Mara {CANARY} <mara@example.org>", f"Re: Bread and salt (was: {CANARY})"),
    )
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 2, 1)]
    assert CANARY.encode() not in bytes_of(folder)


@pytest.mark.long
def test_whoever_subscribes_later_has_their_letters(folder: LettersFolder) -> None:
    folder.put(letter(1, "late@example.org"))
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 1, 0)]
    with (folder.root / "files" / "subscriptions.csv").open("a") as file:
        file.write("s4,Late@Example.org,2026-02-01T00:00:00Z,,active,\n")
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 1, 1)]


def test_an_automatic_reply_is_none(folder: LettersFolder) -> None:
    folder.put(letter(1, Auto_Submitted="auto-replied"), letter(2, day=3))
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 1, 1)]


@pytest.mark.long
def test_a_forgotten_reader_leaves_nothing_and_stays_out(folder: LettersFolder) -> None:
    quote = "On 1 Mar 2026, mara@example.org wrote to ada@letters.example:\n> Hello there"
    folder.put(
        letter(1, text="My words."),
        letter(2, WRITER, text="Rye.", to="mara@example.org", In_Reply_To="<1@mail.example>"),
        letter(3, "finn@example.org", text=f"Look.\n\n{quote}"),
    )
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 2, 2)]
    said = folder.run("forget", "mara@example.org", "--publication", NAME, "--yes")
    assert said.code == 0, said.err
    assert answers(folder) == [("reply", "p1", 1, 1)]
    kept = bytes_of(folder)
    assert b"1@mail.example" not in kept
    assert b"2@mail.example" not in kept
    folder.import_all()
    assert answers(folder) == [("reply", "p1", 1, 1)]
    assert folder.run("verify").code == 0


@pytest.mark.long
def test_a_removed_publication_leaves_no_letter(folder: LettersFolder) -> None:
    folder.put(letter(1))
    folder.import_all()
    said = folder.run("publication", "remove", NAME, "--yes")
    assert said.code == 0, said.err
    assert b"1@mail.example" not in bytes_of(folder)


def waiting(folder: LettersFolder, as_of: str, state: str = "waiting") -> list[str]:
    """The posts of conversations in a state."""
    said = folder.run("report", "waiting", "--publication", NAME, "--as-of", as_of, "--set",
                      f"state={state}", "--json")  # fmt: skip
    assert said.code == 0, said.err
    return [one["post_id"] for one in said.json["result"]["listed"]]


def test_who_waits_is_told_as_of_any_day(folder: LettersFolder) -> None:
    folder.put(
        letter(1),
        letter(
            2, WRITER, text="Rye.", to="mara@example.org", In_Reply_To="<1@mail.example>", day=5
        ),
        letter(3, "finn@example.org", "Re: Tea in the rain", "Which tea do you drink?", day=9),
        letter(4, "bo@gmail.com", "Re: Tea in the rain", "unsubscribe", day=9),
    )
    folder.import_all()
    assert waiting(folder, "2026-03-03") == ["p1"]
    assert waiting(folder, "2026-03-06") == []
    assert waiting(folder, "2026-03-06", "answered") == ["p1"]
    assert waiting(folder, "2026-03-20") == ["p2"]
    assert waiting(folder, "2026-07-20", "faded") == ["p2"]
    said = folder.run("report", "waiting", "--publication", NAME, "--as-of", "2026-03-20")
    assert "1 person waits for an answer." in said.out
    assert "question about Tea in the rain" in said.out
    assert "1 person asked to be taken off the list." in said.out


@pytest.mark.long
def test_the_owners_word_holds_from_then_on(folder: LettersFolder) -> None:
    folder.put(letter(1))
    folder.import_all()
    (one,) = folder.run("report", "waiting", "--publication", NAME, "--set", "state=faded",
                        "--json").json["result"]["listed"]  # fmt: skip
    acted = folder.run("letters", "machine", one["letter_id"], "--publication", NAME)
    assert (acted.code, acted.out + acted.err) == (0, "1 letter changed.\n")
    assert answers(folder) == []
    assert folder.run("rebuild").code == 0
    assert answers(folder) == []
    again = folder.run("letters", "machine", one["letter_id"], "--publication", NAME, "--json")
    assert again.json["changed"] == 0
    folder.run("letters", "person", one["letter_id"], "--publication", NAME)
    assert answers(folder) == [("reply", "p1", 1, 1)]


def test_a_letter_that_is_none_is_named(folder: LettersFolder) -> None:
    folder.put(letter(1))
    folder.import_all()
    said = folder.run("letters", "rest", "nothing", "--publication", NAME)
    assert said.code != 0
    assert "has no letter nothing" in said.err


def test_letters_by_post_and_by_class(folder: LettersFolder) -> None:
    contest = [letter(n, f"reader{n}@example.org", text="YES please") for n in range(10, 40)]
    folder.put(
        *contest,
        letter(1, text="A long letter about rye and salt."),
        letter(2, "finn@example.org", Auto_Submitted="auto-replied"),
    )
    folder.import_all()
    said = folder.run("report", "letters", "--publication", NAME, "--json").json["result"]
    (post,) = said["posts"]
    assert (post["replies"], post["people"], post["same_words"]) == (31, 31, 30)
    assert (post["first_time"], post["median_words"]) == (31, 2.0)
    assert said["by_class"] == {"auto_reply": 1, "human": 31}
    assert (said["without_person"], said["untied"]) == (30, 0)
