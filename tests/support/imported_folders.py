"""Invented folders in a store, by the command line, and what the reports then say."""

from __future__ import annotations

import json
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
STATES = "regular,fading,quiet,uncertain,hidden,not_measured,newcomer,occasional"
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
    import_more(importer, folder, folders)
    return folder


def import_more(importer: Newsletter, folder: Path, folders: Folders) -> None:
    """The folders into a store that may have earlier ones."""
    head, _, _ = (folder / "regulars.toml").read_text().partition("[[publications.connections]]")
    for export in folders.exports:
        place = folder / export.connection
        place.mkdir(exist_ok=True)
        for file, text in export.files.items():
            (place / file).write_text(text)
        if export.connection == MAIN:
            words = ("import", "files", str(place), "--publication", "letters")
            importer.run(folder, *words, "--as-exported", export.day, "--accept-removals")
        else:
            more = f'name = "{OTHER}"\nconnector = "files"\nfolder = "{OTHER}"\n'
            more += f'exported_at = "{export.day}"\n'
            (folder / "regulars.toml").write_text(f"{head}[[publications.connections]]\n{more}")
            importer.run(folder, "sync", OTHER, "--accept-removals")


def report(
    importer: Newsletter, folder: Path, name: str, day: str | None = None, *words: str
) -> Any:
    """The result of a report as of the end of a day, or now, with nothing on stderr."""
    dated = ("--as-of", day) if day else ()
    said = importer.run(
        folder, "report", name, "--publication", "letters", *dated, "--json", *words
    )
    assert said.err == ""
    return json.loads(said.out, parse_constant=_refuse)["result"]


def _refuse(text: str) -> None:
    raise AssertionError(f"{text} is no number")


def people_said(
    importer: Newsletter, folder: Path, day: str | None = None
) -> dict[Any, dict[str, Any]]:
    """Everybody whom `regulars` lists in any state, by their subscriptions."""
    result = report(importer, folder, "regulars", day, "--set", f"state={STATES}")
    return {
        frozenset((one["connection"], one["provider_id"]) for one in person["subscriptions"]): {
            "state": person["state"],
            "rule_state": person["rule_state"],
            **{name: person["evidence"][name] for name in EVIDENCE},
            **{name: person[name] for name in ("p_sustained", "p_here", "since", "until")},
            "joined_at": person["joined_at"],
            "wrote_back": person["wrote_back"],
            "last_answer_at": person["last_answer_at"],
        }
        for person in result["people"]
    }


def told(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(from_datetime(moment.replace(tzinfo=UTC)))
