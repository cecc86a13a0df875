"""What `regulars doctor` looks at: settings, store, and every connection's first look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from regulars_connectors.contract import Finding, Tools
from regulars_connectors.counted import counted
from regulars_connectors.errors import ConnectorError

from .connections import connect
from .errors import RegularsError, StoreLocked
from .settings import ConnectionConfig, Settings
from .store import Store, is_store

_MIB = 1024 * 1024


def check_all(settings: Settings, tools: Tools) -> Iterator[Finding]:
    """Every check in order, one finding each; a check that breaks is a finding, too."""
    yield _settings_file(settings)
    yield from _folder(settings.store.folder)
    yield _room(settings)
    yield _store(settings)
    if not settings.connections():
        yield Finding(
            "connections", "look", "The settings name no connection.",
            "Add one (docs/tutorial/first-sync.md), or bring files: regulars import files FOLDER",
        )  # fmt: skip
    for publication, config in settings.connections():
        if publication.paused:
            yield Finding(config.name, "fine", f"{publication.name} is paused; it is not asked.")
        else:
            yield from _connection(settings, config, tools)


def _settings_file(settings: Settings) -> Finding:
    if settings.source_file is None:
        return Finding(
            "settings", "look", "There is no settings file; the defaults are used.",
            "Write regulars.toml here, or say where it is with --config.",
        )  # fmt: skip
    mode = settings.source_file.stat().st_mode & 0o077
    if mode & 0o022:
        return Finding(
            "settings", "look", f"{settings.source_file} can be changed by other users.",
            f"chmod go-w {settings.source_file}",
        )  # fmt: skip
    return Finding("settings", "fine", f"{settings.source_file} is read.")


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding("store folder", "fine", f"{folder} is made by the first sync.")
        return
    if folder.stat().st_mode & 0o077:
        yield Finding(
            "store folder", "broken", f"{folder} is open to other users of this machine.",
            f"chmod 700 {folder}",
        )  # fmt: skip
    else:
        yield Finding("store folder", "fine", f"{folder} is private.")


def _room(settings: Settings) -> Finding:
    folder = settings.store.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // _MIB
    if free < settings.store.free_space_floor_mib:
        return Finding(
            "disk", "broken", f"Only {free} MiB are free; syncs stop below the floor.",
            "Make room on that disk.",
        )  # fmt: skip
    return Finding("disk", "fine", f"{free:,} MiB are free.")


def _store(settings: Settings) -> Finding:
    if not is_store(settings.store.folder):
        return Finding("store", "fine", "There is no store yet.")
    try:
        with Store(settings.store, purpose="doctor") as store:
            notices = " ".join(store.notices)
            entries = counted(store.version, "journal entry", "journal entries")
            text = f"It opens, with {entries}. {notices}".strip()
            return Finding("store", "look" if notices else "fine", text)
    except StoreLocked as error:
        return Finding("store", "fine", f"It is in use: {error.happened}")
    except RegularsError as error:
        return Finding("store", "broken", error.happened, error.to_do)


def _connection(settings: Settings, config: ConnectionConfig, tools: Tools) -> Iterator[Finding]:
    try:
        connector = connect(settings, config, tools)
    except (RegularsError, ConnectorError) as error:
        yield Finding(config.name, "broken", error.happened, error.to_do)
        return
    try:
        look = connector.look()
    except ConnectorError as error:
        yield Finding(config.name, "broken", error.happened, error.to_do)
        return
    finally:
        connector.close()
    for finding in look.findings:
        name = f"{config.name}: {finding.name}"
        yield Finding(name, finding.verdict, finding.text, finding.fix)
    if look.requests is not None and look.seconds is not None:
        yield _size(config.name, look.requests, look.seconds)


def _size(name: str, requests: int, seconds: float) -> Finding:
    minutes = seconds / 60
    length = f"about {minutes:.0f} minutes" if minutes >= 2 else f"about {max(1, seconds):.0f} s"
    return Finding(
        f"{name}: size", "fine", f"A full pull takes {counted(requests, 'request')}, {length}."
    )
