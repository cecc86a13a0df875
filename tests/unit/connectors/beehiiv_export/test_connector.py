"""The dashboard's CSV export: its quirks, and files that are something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from regulars_connectors import CursorExpired, Departure, InvalidFile, Page, Runtime, SyncState
from regulars_connectors.beehiiv_export.connector import (
    BeehiivExportConnector,
    BeehiivExportSettings,
)
from regulars_connectors.conformance import check_connector, complaints
from regulars_connectors.instants import from_iso
from regulars_connectors.simulator import World, posts_csv, subscribers_csv

NOW = from_iso("2026-10-01T12:00:00Z")
HEADER = "email,First Name,status,created_at,Gold Tier,unsubscribed_at,Boats"
LEFT = from_iso("2025-03-01T08:30:00Z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, *lines: str, name: str = "subscribers.csv", **how: Any) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", **({"encoding": "utf-8"} | how))
    return path


def connector(path: Path) -> BeehiivExportConnector:
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    return BeehiivExportConnector(BeehiivExportSettings(path=path), runtime)


def pages(path: Path, cursor: str | None = None, page_rows: int = 5000) -> list[Page]:
    found = connector(path)
    found.page_rows = page_rows  # type: ignore[misc]
    (walk,) = found.walks(found.streams()[0], SyncState())
    assert walk.coverage == "window"
    return list(found.pages(walk, cursor))


def rows(path: Path) -> list[Any]:
    return [row for page in pages(path) for row in page.records]


def row(email: str = "left@example.org", left: str = "2025-03-01 08:30:00 UTC") -> str:
    return f"{email},Zoë,inactive,2023-01-02 03:04:05 UTC,No,{left},3"


def test_a_departure_with_its_quirks(folder: Path) -> None:
    path = write(folder, HEADER, row(" Left@Example.org "), row("here@example.org", " "))
    assert rows(path) == [
        Departure(
            email="Left@Example.org", connector="beehiiv", left_at=LEFT,
            joined_at=from_iso("2023-01-02T03:04:05Z"),
        ),
        Departure(
            email="here@example.org", connector="beehiiv",
            joined_at=from_iso("2023-01-02T03:04:05Z"),
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_a_byte_order_mark_and_other_cases(folder: Path, delimiter: str) -> None:
    header = f" Email{delimiter}UNSUBSCRIBED_AT{delimiter}Zodiac sign"
    line = f"left@example.org{delimiter}2025-03-01 08:30:00 UTC{delimiter}"
    (found,) = rows(write(folder, header, line, encoding="utf-8-sig"))
    assert (found.email, found.left_at, found.joined_at) == ("left@example.org", LEFT, None)


def test_the_simulated_export_is_read_whole(folder: Path) -> None:
    world = World(5, subscribers=300, spike_size=100)
    write(folder, subscribers_csv(world, world.ended_at))
    found = rows(folder)
    people = [person for person, _ in world.at(world.ended_at).people()]
    assert [one.email for one in found] == [person.email for person in people]
    left = {one.email: one.left_at for one in found if one.left_at}
    wanted = {
        p.email: p.left_s[-1] * 1_000_000
        for p, status in world.at(world.ended_at).people()
        if status == "inactive"
    }
    assert left == wanted


def test_a_walk_goes_on_at_each_cursor(folder: Path) -> None:
    write(folder, HEADER, *(row(f"a{n}@example.org") for n in range(5)), name="a.csv")
    write(folder, HEADER, *(row(f"b{n}@example.org") for n in range(3)), name="b.csv")
    whole = pages(folder, page_rows=2)
    emails = [one.email for page in whole for one in page.records if isinstance(one, Departure)]
    names = [*(f"a{n}" for n in range(5)), *(f"b{n}" for n in range(3))]
    assert emails == [f"{name}@example.org" for name in names]
    for number, page in enumerate(whole[:-1], start=1):
        rest = pages(folder, page.cursor, page_rows=2)
        assert [one.records for one in rest] == [one.records for one in whole[number:]]
    write(folder, HEADER, row(), name="b.csv")
    with pytest.raises(CursorExpired):
        pages(folder, whole[-2].cursor)
    with pytest.raises(CursorExpired):
        pages(folder, "7/")


def test_it_keeps_every_promise_of_the_contract(folder: Path) -> None:
    write(folder, HEADER, *(row(f"a{n}@example.org") for n in range(5)))
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    verdicts = check_connector(BeehiivExportConnector, {"path": folder}, runtime)
    assert not complaints(verdicts)


def test_an_export_of_posts_adds_nothing_and_says_so(folder: Path) -> None:
    world = World(5, subscribers=20, spike=False)
    write(folder, HEADER, row())
    posts = write(folder, posts_csv(world, world.ended_at), name="posts.csv")
    write(folder, "a,b", "1,2", name="budget.csv")
    (page,) = pages(folder)
    assert len(page.records) == 1
    first, second = page.notices
    assert "posts.csv was skipped: it is an export of posts" in first
    assert "budget.csv was skipped" in second
    with pytest.raises(InvalidFile, match=r"posts\.csv is an export of posts"):
        pages(posts)


def test_a_csv_export_of_another_language_names_what_was_looked_for_and_found(folder: Path) -> None:
    path = write(folder, "E-Mail-Adresse;Status;Abgemeldet am", "a@example.org;aktiv;")
    with pytest.raises(InvalidFile) as caught:
        pages(path)
    assert "Expected columns: email and unsubscribed_at" in caught.value.happened
    assert "E-Mail-Adresse, Status, Abgemeldet am" in caught.value.happened
    assert "English" in caught.value.to_do


def test_a_csv_export_of_another_year_names_what_was_looked_for_and_found(folder: Path) -> None:
    path = write(folder, "email,status,tier", "a@example.org,active,free")
    with pytest.raises(InvalidFile, match="Found columns: email, status, tier"):
        pages(path)


def test_times_in_another_form_are_no_mere_rejected_rows(folder: Path) -> None:
    path = write(folder, HEADER, row(left="01.03.2025 08:30"), row(left="02.03.2025 08:30"))
    with pytest.raises(InvalidFile, match=r"Line 2: unsubscribed_at is not a time like 2025-03-01"):
        pages(path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row("nobody"), "email is not an address"),
        (row(left="yesterday"), "unsubscribed_at is not a time"),
        (row(left="0001-01-01 00:00:00 UTC"), "before 1990"),
        (row(left="2020-01-01 00:00:00 UTC"), "unsubscribed_at is before created_at"),
        ("too,short", "the row has 2 columns"),
    ],
)
def test_a_row_that_cannot_be_is_set_aside(folder: Path, line: str, reason: str) -> None:
    (page,) = pages(write(folder, HEADER, line, row()))
    assert len(page.records) == 1
    (refused,) = page.quarantined
    assert reason in refused.reason
    assert (refused.line, refused.id) == (2, None)
    assert reason in (folder / "subscribers.rejected.csv").read_text(encoding="utf-8")


def test_files_that_are_none(folder: Path) -> None:
    with pytest.raises(InvalidFile, match="holds no CSV file"):
        pages(folder)
    with pytest.raises(InvalidFile, match="cannot be read"):
        pages(folder / "none.csv")
    with pytest.raises(InvalidFile, match="the file is empty"):
        pages(write(folder, "", name="blank.csv"))
    (folder / "empty.csv").touch()
    with pytest.raises(InvalidFile, match="the file is empty"):
        pages(folder / "empty.csv")
    torn = write(folder, HEADER, '"left@example.org,Zoë', name="torn.csv")
    with pytest.raises(InvalidFile, match="never closes"):
        pages(torn)


def test_the_preflight(folder: Path) -> None:
    (missing,) = connector(folder).preflight().findings
    assert missing.verdict == "error"
    write(folder, HEADER, row())
    (found,) = connector(folder).preflight().findings
    assert (found.verdict, found.text) == ("ok", "Times of leaving stand in subscribers.csv.")
