"""Find, read and check the settings file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from regulars.errors import SettingsWrong
from regulars_connectors.validation_messages import describe

from .model import FILE_NAME, UTF_8, Settings


def find_settings_file(given: Path | None) -> Path | None:
    """The file to read: the given one, REGULARS_CONFIG, ./regulars.toml, the user's own folder."""
    if given is not None:
        return given
    if named := os.environ.get("REGULARS_CONFIG"):
        return Path(named)
    user_folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for candidate in (Path(FILE_NAME), user_folder / "regulars" / FILE_NAME):
        if candidate.is_file():
            return candidate
    return None


def load_settings(given: Path | None = None) -> Settings:
    """Read the settings. Raises SettingsWrong, naming the place and what to do."""
    path = find_settings_file(given)
    if path is None:
        return build_settings({}, None)
    return build_settings(values_of(text_of(path), path), path)


def text_of(path: Path) -> str:
    """The text of a settings file. Raises SettingsWrong."""
    try:
        return path.read_text(encoding=UTF_8)
    except FileNotFoundError as error:
        raise SettingsWrong(f"There is no settings file at {path}.") from error
    except UnicodeDecodeError as error:
        raise SettingsWrong(
            f"{path} is not UTF-8 text.", to_do="Save it as UTF-8, then run `regulars doctor`."
        ) from error
    except OSError as error:
        raise SettingsWrong(f"{path} cannot be read: {error.strerror}.") from error


def values_of(text: str, path: Path) -> dict[str, Any]:
    """The values in the text of a settings file. Raises SettingsWrong."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(f"{path} is not valid TOML: {error}.") from error


def build_settings(values: dict[str, Any], path: Path | None) -> Settings:
    """Check the values of a file. Relative paths in it are relative to its folder."""
    try:
        # Where the file lies is no setting, neither in the file nor in the environment.
        settings = Settings(**{"source_file": path} | values)
        if "source_file" in values:
            raise SettingsWrong(f"{path}: source_file: is not a setting.")
    except ValidationError as error:
        raise SettingsWrong(f"{_blamed(error, path)}: {describe(error, Settings)}") from None
    except SettingsError as error:
        raise SettingsWrong(f"An environment variable cannot be read: {error}.") from None
    base = path.resolve().parent if path else Path.cwd()
    folder = absolute(settings.store.folder, base)
    return settings.model_copy(
        update={
            "store": settings.store.model_copy(update={"folder": folder}),
            "source_file": path,
        }
    )


def _blamed(error: ValidationError, path: Path | None) -> str:
    """The file, or the variables of the environment that stand over what is wrong."""
    places = [[str(part) for part in fault["loc"]] for fault in error.errors()]
    over = {f"REGULARS_{'__'.join(place)}".upper() for place in places}
    found = sorted(name for name in os.environ if name.upper() in over)
    if found and len(found) == len(over):
        return ", ".join(found)
    return ", ".join([str(path or "The environment"), *found])


def absolute(path: Path, base: Path) -> Path:
    """A path of the settings, relative to ``base``. Raises SettingsWrong for an unknown ~user."""
    try:
        return base / path.expanduser()
    except RuntimeError as error:
        raise SettingsWrong(f"There is no home folder for {path.parts[0]} in {path}.") from error
