"""Invented folders in a store, by the command line, and what the reports then say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.invented_folders import MAIN, OTHER, Folders
from support.newsletter import Newsletter, newsletter

from regulars_connectors.instants import from_datetime, from_iso, to_iso
from regulars_connectors.simulator import World

NOW = from_iso("2026-10-01T12:00:00Z")
STATES = "regular,fading,uncertain,quiet,hidden,not_measured,newcomer,occasional"
MOMENTS = ("since", "until", "joined_at", "last_answer_at", "last_read_at")
EVIDENCE = ("reads_low", "reads_high", "of", "opens", "clicks", "answers", "last_read_at")


@contextmanager
def importing(root: Path) -> Iterator[Newsletter]:
    """The command line at noon of 1 October 2026; nothing is asked of the provider."""
    with newsletter(root, World(1, subscribers=1, posts=2)) as made:
        made.clock.set(NOW)
        yield made


def import_folders(importer: Newsletter, name: str, folders: Folders) -> Path:
    """A fresh store with the folders: the first by ``import files``, the second by ``sync``."""
    head, _, _ = importer.settings_text().partition("[[publications.connections]]")
    folder = importer.folder(name, settings=head)
    for export in folders.exports:
        place = folder / export.connection
        place.mkdir()
        for file, text in export.files.items():
            (place / file).write_text(text)
    main, other = folders.of(MAIN), folders.of(OTHER)
    assert main is not None
    words = ("import", "files", str(folder / MAIN), "--publication", "letters")
    importer.run(folder, *words, "--as-exported", main.day)
    if other is not None:
        more = f'name = "{OTHER}"\nconnector = "files"\nfolder = "{OTHER}"\n'
        more += f'exported_at = "{other.day}"\n'
        (folder / "regulars.toml").write_text(f"{head}[[publications.connections]]\n{more}")
        importer.run(folder, "sync", OTHER)
    return folder


def report(importer: Newsletter, folder: Path, name: str, day: str, *words: str) -> Any:
    """The result of a report as of the end of a day, with nothing on stderr."""
    asked = ("report", name, "--publication", "letters", "--as-of", day, "--json", *words)
    said = importer.run(folder, *asked)
    assert said.err == ""
    return said.json["result"]


def people_said(importer: Newsletter, folder: Path, day: str) -> dict[Any, dict[str, Any]]:
    """Everybody whom `regulars` lists in any state, by their subscriptions."""
    result = report(importer, folder, "regulars", day, "--set", f"state={STATES}")
    return {
        frozenset((one["connection"], one["provider_id"]) for one in person["subscriptions"]): {
            "state": person["rule_state"],
            **{name: person["evidence"][name] for name in EVIDENCE},
            **{name: person[name] for name in ("since", "until", "joined_at")},
            "wrote_back": person["wrote_back"],
            "last_answer_at": person["last_answer_at"],
        }
        for person in result["people"]
    }


def told(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(from_datetime(moment.replace(tzinfo=UTC)))
