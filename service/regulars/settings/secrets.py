"""Secrets of connections: where they lie, and how they are fetched."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regulars.errors import SettingsWrong, UsageWrong

from .loading import absolute
from .model import UTF_8, ConnectionConfig


def secret_reference(text: str) -> dict[str, str] | None:
    """Where a secret lies that is given as ``env:NAME`` or ``file:PATH``, as the file says it."""
    source, sign, place = text.partition(":")
    return {source: place} if sign and source in ("env", "file") else None


def secret_in_clear(name: str) -> UsageWrong:
    """The error for a secret typed into a command line."""
    return UsageWrong(
        f"{name} is a secret, and other users of this machine can see the command line.",
        to_do=f"Write --set {name}=file:PATH or --set {name}=env:VARIABLE.",
    )


def resolve_options(config: ConnectionConfig, base: Path) -> dict[str, Any]:
    """The connector's settings with secrets fetched. Raises SettingsWrong where one is missing."""
    return {key: _resolve(config, key, value, base) for key, value in config.options.items()}


def _resolve(config: ConnectionConfig, key: str, value: Any, base: Path) -> Any:
    if isinstance(value, list):
        return [_resolve(config, key, one, base) for one in value]
    if not isinstance(value, dict) or set(value) not in ({"env"}, {"file"}):
        return value
    return fetch_secret(value, base, f"connection {config.name}, {key}")


def fetch_secret(value: Mapping[str, Any], base: Path, where: str) -> str:
    """The secret that ``{ env }`` or ``{ file }`` names. Raises SettingsWrong where it is missing.

    base: the folder of relative paths. where: the setting, for the error.
    """
    if "env" in value:
        found = os.environ.get(str(value["env"]))
        if not found:
            raise SettingsWrong(f"The environment variable {value['env']} is not set ({where}).")
        return found
    path = absolute(Path(str(value["file"])), base)
    try:
        found = path.read_text(encoding=UTF_8).strip()
    except OSError as error:
        raise SettingsWrong(
            f"The file {path} cannot be read: {error.strerror} ({where})."
        ) from error
    except ValueError as error:  # UnicodeDecodeError, or a name that no file can have
        raise SettingsWrong(f"The file {path} is not UTF-8 text ({where}).") from error
    if not found:
        raise SettingsWrong(f"The file {path} is empty ({where}).")
    return found


SECRETS = "secrets"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret and where the settings say it is: in a variable, or in a file (perhaps a new one).

    text: what ``file`` is to hold where it does not exist yet.
    """

    reference: dict[str, str]
    file: Path | None = None
    text: str = ""


def secret_given(settings: Path, name: str, text: str) -> tuple[Secret, str]:
    match secret_reference(text):
        case {"env": variable}:
            if not (value := os.environ.get(variable)):
                raise SettingsWrong(f"The environment variable {variable} is not set ({name}).")
            return Secret({"env": variable}), value
        case {"file": path}:
            return secret_in_file(settings, Path(path))
        case _:
            raise secret_in_clear(name)


def secret_typed(settings: Path, connector: str, name: str, text: str) -> Secret:
    """A typed secret: in a new file beside the settings, or in one that holds just this."""
    folder = settings.resolve().parent / SECRETS
    number = 1
    while True:
        ending = "" if number == 1 else f"-{number}"
        file = folder / f"{plain_name(connector)}-{name}{ending}"
        if not file.exists() or _content(file) == text:
            return Secret({"file": f"{SECRETS}/{file.name}"}, file, text)
        number += 1


def secret_in_file(settings: Path, file: Path) -> tuple[Secret, str]:
    """A secret that lies in a file already, and its text. Raises SettingsWrong."""
    text = _content(file)
    if not text:
        raise SettingsWrong(f"The file {file} cannot be read, or is empty.")
    absolute, base = file.resolve(), settings.resolve().parent
    shown = absolute.relative_to(base) if absolute.is_relative_to(base) else absolute
    return Secret({"file": str(shown)}), text


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def plain_name(connector: str) -> str:
    """A connector's name as a part of short names: entry points may be called anything."""
    return re.sub(r"[^a-z0-9]+", "-", connector.lower()).strip("-") or "newsletter"
