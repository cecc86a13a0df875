"""What `regulars init` finds out by itself: connectors, publications, names, secrets.

A connector's class alone (``SupportsDiscovery``) says how to set it up, so third-party connectors
are set up like our own.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from regulars.errors import SettingsWrong, UsageWrong
from regulars.files import make_folder, write_atomically
from regulars.settings import (
    Secret,
    absolute,
    plain_name,
    secret_given,
    secret_reference,
    value_of,
)
from regulars.settings.editor import SettingsFile
from regulars.store import is_store
from regulars_connectors import registry
from regulars_connectors.contract import AvailablePublication, Runtime, SupportsDiscovery
from regulars_connectors.contract_faults import publication_faults
from regulars_connectors.errors import ConfigurationError, ConnectorError, InvalidResponse
from regulars_connectors.foreign_text import one_line
from regulars_connectors.instants import check_zone
from regulars_connectors.validation_messages import describe_field

Options = Mapping[str, Any]
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Prompt:
    """One setting that a connector needs before it can say which publications there are."""

    name: str
    words: str
    is_secret: bool
    variable: str

    @property
    def from_environment(self) -> str | None:
        """The value that the environment has for it."""
        return os.environ.get(self.variable) or None


def connectors_that_discover() -> tuple[dict[str, Any], list[str]]:
    """Classes of installed connectors that can list publications, and why others failed to load."""
    found: dict[str, Any] = {}
    broken: list[str] = []
    for name in registry.names():
        try:
            kind: Any = registry.find(name)
        except ConfigurationError as error:
            broken.append(error.happened)
            continue
        if isinstance(kind, SupportsDiscovery):
            found[name] = kind
    return found, broken


def asked_of(connector: str, kind: Any) -> list[Prompt]:
    """The prompts for a connector, in its own order."""
    fields = kind.Settings.model_fields
    return [
        Prompt(
            name,
            str(fields[name].description or name),
            registry.is_secret(fields[name]),
            re.sub(r"\W", "_", f"{connector}_{name}").upper(),
        )
        for name in kind.asked
    ]


def fault_of(kind: Any, name: str, value: Any) -> str | None:
    """What is wrong with one value by itself, in words; None where it is valid."""
    try:
        kind.Settings(**{name: value})
    except ValidationError as error:
        return describe_field(error, kind.Settings, name)
    return None


def offers_of(kind: Any, options: Options, runtime: Runtime) -> list[AvailablePublication]:
    """The publications that the answers open, each with valid settings.

    Raises ConnectorError; whatever a connector raises becomes one.
    """
    try:
        found = list(kind.discover(options, runtime))
    except ConnectorError:
        raise
    except Exception as error:  # the connector's code may fail in any way
        raise InvalidResponse(
            f"The connector {kind.name} failed to list publications ({type(error).__name__}).",
            to_do="Update the package that provides it, or write the settings by hand.",
        ) from error
    for fault in publication_faults(found, kind.Settings.model_fields):
        broke = f"The connector {kind.name} broke its contract in discover()"
        raise InvalidResponse(f"{broke}: {fault}.")
    if not found:
        raise ConfigurationError(
            "The provider lists no publication for this key.",
            to_do="Use the key of another account.",
        )
    for one in found:
        registry.settings_of(kind, {**options, **one.options})
    return [replace(one, title=_on_one_line(one.title)) for one in found]


def _on_one_line(title: str) -> str:
    """A provider's words on one line, with control characters and colours removed."""
    return one_line(title) or "Without a title"


def given_options(
    settings: Path, kind: Any, given: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Secret], dict[str, Any]]:
    """What the command line gave: plain values, references, and the values that these refer to.

    A reference, ``env:NAME`` or ``file:PATH``, is how a secret is given, and may give any setting.
    Raises UsageWrong, and SettingsWrong for a value that is not where it is said to be.
    """
    plain: dict[str, Any] = {}
    references: dict[str, Secret] = {}
    fetched: dict[str, Any] = {}
    for name, text in given.items():
        field = kind.Settings.model_fields.get(name)
        if field is None:
            known = ", ".join(kind.Settings.model_fields)
            raise UsageWrong(f"{name!r} is not a setting of {kind.name}. Its settings: {known}.")
        if registry.is_secret(field) or secret_reference(text) is not None:
            references[name], value = secret_given(settings, name, text)
            fetched[name] = value
        else:
            value = plain[name] = value_of(name, field, text)
        if fault := fault_of(kind, name, value):
            raise UsageWrong(fault)
    return plain, references, fetched


# Publications


def is_there(file: SettingsFile, connector: str, options: Options) -> bool:
    """Whether a connection of the file is already to this very publication."""
    return bool(options) and any(
        connection.get("connector") == connector
        and all(_alike(connection.get(name), value) for name, value in options.items())
        for publication in file.publications
        for connection in publication.get("connections", ())
    )


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.rstrip("/") == other.rstrip("/")
    return bool(one == other)


def short_name(title: str, connector: str, taken: Iterable[str]) -> str:
    """A short name made of a title, unlike those taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\(.*?\)", "", plain)).strip("-")
    return free_name(words[:_LONGEST_NAME].strip("-") or plain_name(connector), taken)


def free_name(name: str, taken: Iterable[str]) -> str:
    """``name``, or with a number after it where it is taken."""
    known, found, number = set(taken), name, 1
    while found in known:
        number += 1
        found = f"{name}-{number}"
    return found


def chosen_of(
    words: Sequence[str], offers: Sequence[AvailablePublication]
) -> list[AvailablePublication]:
    """The offers that the words mean: numbers of the list, ids or titles. Raises UsageWrong."""
    chosen: list[AvailablePublication] = []
    for word in filter(None, (part.strip() for part in words)):
        found = [
            offer
            for number, offer in enumerate(offers, start=1)
            if word in (str(number), offer.id) or word.lower() == offer.title.lower()
        ]
        if len(found) != 1:
            how = "More than one publication is" if found else "No publication of this key is"
            raise UsageWrong(f"{how} called {word!r}. Use the number or the id.")
        chosen += [offer for offer in found if offer not in chosen]
    if not chosen:
        raise UsageWrong("Choose at least one publication.")
    return chosen


# Time zone and folder


def guess_zone() -> str:
    """The zone of this machine, or UTC."""
    import tzlocal

    try:
        return check_zone(tzlocal.get_localzone_name() or "UTC")
    except (ValueError, LookupError):
        return "UTC"


def zone_typed(name: str) -> str:
    """The zone's name where there is such a zone. Raises UsageWrong."""
    try:
        return check_zone(name)
    except ValueError as error:
        raise UsageWrong(f"{error}.") from error


def check_folder(settings: Path, folder: str) -> str:
    """The folder as given, where a store can be or is. Raises UsageWrong."""
    path = absolute(Path(folder), settings.resolve().parent)
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not there.is_dir():
        raise UsageWrong(f"{there} is a file, not a folder.")
    if there == path and any(path.iterdir()) and not is_store(path):
        raise UsageWrong(f"{path} holds other files. Choose a folder for the data alone.")
    try:
        with tempfile.TemporaryFile(dir=there):
            return folder
    except OSError as error:
        raise UsageWrong(f"{there} is not writable: {error.strerror}.") from error


# Secrets


def write_all(file: SettingsFile, secrets: Iterable[Secret]) -> list[Path]:
    """Secrets first, each in a file of mode 0600, then the settings; the new secret files.

    If writing the settings fails, the new files are removed again.
    """
    made: list[Path] = []
    try:
        for secret in secrets:
            if secret.file is not None and not secret.file.exists():
                make_folder(secret.file.parent)
                write_atomically(secret.file, f"{secret.text}\n".encode())
                made.append(secret.file)
        file.write()
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise SettingsWrong(f"The secret cannot be saved: {error.strerror}.") from error
        raise
    return made
