"""All settings: one file, environment variables over it, built by the caller and passed on.

Nothing here is read at import. Secrets in a connection are written ``{ env = "NAME" }`` or
``{ file = "path" }`` and are fetched when the settings are loaded; they are never printed.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from regulars_connectors.instants import check_zone
from regulars_connectors.wrong_values import in_words

from .errors import NothingHere, SettingsWrong, UsageWrong

NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
FILE_NAME = "regulars.toml"
_UTF_8 = "utf-8-sig"
"""Files that a person wrote may begin with a byte order mark: some editors put one there."""


TimeZone = Annotated[str, AfterValidator(check_zone)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StoreSettings(_Section):
    """Where the data lie and how much of the machine they may use."""

    folder: Path = Field(
        default=Path("data"), description="folder of the store; made with mode 0700"
    )
    memory_limit_mib: int = Field(
        default=144,
        ge=64,
        description="memory that DuckDB may use, in MiB; above it, it spills to disk",
    )
    threads: int = Field(
        default=1,
        ge=1,
        le=64,
        description="threads that DuckDB may use for one statement; more take more memory",
    )
    part_rows: int = Field(
        default=5_000,
        ge=1,
        description="rows of a pull that are kept together; a crash repeats at most these",
    )
    free_space_floor_mib: int = Field(
        default=200,
        ge=0,
        description="a sync or rebuild does not start with less free disk, in MiB",
    )


class ServerSettings(_Section):
    """Where `regulars serve` listens. Loopback only."""

    host: Literal["127.0.0.1", "::1", "localhost"] = Field(
        default="127.0.0.1", description="loopback address to listen on"
    )
    port: int = Field(default=8765, ge=0, le=65535, description="port; 0 takes a free one")


_ORIGIN = re.compile(r"https?://[^\s/?#;,'\"]+")
_BASE_URL = re.compile(r"https?://[^\s?#;,'\"<>]+")


def _origin(text: str) -> str:
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is no origin; write one like https://www.example.org, or *")
    return text


def is_base_url(text: str) -> bool:
    """Whether it may stand in front of a path: http or https, no query."""
    try:
        return bool(_BASE_URL.fullmatch(text) and urlsplit(text).hostname)
    except ValueError:
        return False


def _base_url(text: str) -> str:
    if not is_base_url(text):
        raise ValueError(f"{text!r} is no address; write one like https://regulars.example.org")
    return text


_WIDGET_KEY = r"^wgt_[A-Za-z0-9_-]{22,86}$"
FormerKey = Annotated[str, Field(pattern=_WIDGET_KEY)]


class WidgetSettings(_Section):
    """A public, read-only figure. Off until it stands in the settings."""

    key: str = Field(
        pattern=_WIDGET_KEY,
        description="public name of the widget: wgt_ and at least 16 random bytes in base64url",
    )
    report: Literal["house"] = Field(default="house", description="the report that it shows")
    min_group: int = Field(
        default=20, ge=10, le=1000, description="below this many people no figure is shown"
    )
    allowed_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        default=("*",), description="exact origins whose pages may read it, or *"
    )
    cadence: Literal["weekly", "daily"] = Field(
        default="weekly", description="how often the public figure may move"
    )
    public_base_url: Annotated[str, AfterValidator(_base_url)] | None = Field(
        default=None, description="address under which the public reaches this service, for links"
    )
    former_keys: dict[FormerKey, date] = Field(
        default_factory=dict,
        description="keys that it had before, each with the last day on which it still answers",
    )

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that it has or had, the present one first."""
        return (self.key, *self.former_keys)


class ConnectionConfig(_Section):
    """One connection as written in the file; ``options`` are the connector's own settings."""

    name: str = Field(pattern=NAME, description="name of the connection, unique in the file")
    connector: str = Field(
        description="which connector: beehiiv, ghost, files, or an installed one"
    )
    sync: str | None = Field(
        default=None, description="when to sync; run by a later version's schedule"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, repr=False, description="the connector's own settings"
    )

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "options" in data:
            return data
        own = {"name", "connector", "sync"}
        rest = {key: value for key, value in data.items() if key not in own}
        return {key: data[key] for key in own if key in data} | {"options": rest}


class PublicationSettings(_Section):
    """One newsletter."""

    name: str = Field(pattern=NAME, description="short name, used in routes and commands")
    title: str | None = Field(default=None, description="name for people; the short one unless set")
    time_zone: TimeZone = Field(default="UTC", description="zone of its days and weeks (IANA name)")
    paused: bool = Field(
        default=False, description="no sync and no word about staleness until it is resumed"
    )
    house_size: int = Field(
        default=300, ge=1, le=1_000_000, description="how many people the writer wants in the house"
    )
    regular_reads: int | None = Field(
        default=None, ge=1, le=52, description="k of the rule: read at least k of the last n posts"
    )
    regular_of: int | None = Field(
        default=None, ge=1, le=52, description="n of the rule; 8 weeks of posts, 4 to 8, unless set"
    )
    connections: tuple[ConnectionConfig, ...] = Field(
        default=(), description="where its data come from"
    )
    widgets: tuple[WidgetSettings, ...] = Field(
        default=(), description="public figures, none unless set"
    )

    @model_validator(mode="after")
    def _rule(self) -> PublicationSettings:
        if self.regular_reads and self.regular_of and self.regular_reads > self.regular_of:
            raise ValueError("regular_reads cannot be more than regular_of")
        return self


class Settings(BaseSettings):
    """The whole file. Environment variables go over it: REGULARS_STORE__FOLDER and the like."""

    model_config = SettingsConfigDict(
        env_prefix="REGULARS_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    store: StoreSettings = StoreSettings()
    server: ServerSettings = ServerSettings()
    publications: tuple[PublicationSettings, ...] = ()
    source_file: Path | None = Field(default=None, exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then what the file says (handed in as arguments)."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        _refuse_doubles("publication", [publication.name for publication in self.publications])
        _refuse_doubles("connection", [config.name for _, config in self.connections()])
        keys = [key for p in self.publications for w in p.widgets for key in w.keys]
        _refuse_doubles("widget key", keys)
        return self

    def connections(self) -> list[tuple[PublicationSettings, ConnectionConfig]]:
        """Every connection with the publication that it belongs to."""
        return [
            (publication, config)
            for publication in self.publications
            for config in publication.connections
        ]

    def publication(self, name: str) -> PublicationSettings:
        """The publication of that name. Raises NothingHere."""
        for publication in self.publications:
            if publication.name == name:
                return publication
        raise NothingHere(f"There is no publication named {name!r} in the settings.")


def _refuse_doubles(what: str, names: list[str]) -> None:
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise ValueError(f"{what} {doubles[0]!r} stands twice in the settings")


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
        return path.read_text(encoding=_UTF_8)
    except FileNotFoundError as error:
        raise SettingsWrong(f"There is no settings file at {path}.") from error
    except UnicodeDecodeError as error:
        raise SettingsWrong(
            f"{path} is not text in UTF-8.", to_do="Save it as UTF-8, then run `regulars doctor`."
        ) from error
    except OSError as error:
        raise SettingsWrong(f"{path} cannot be read: {error.strerror}.") from error


def values_of(text: str, path: Path) -> dict[str, Any]:
    """What the text of a settings file says. Raises SettingsWrong."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(f"{path} is not readable TOML: {error}.") from error


def build_settings(values: dict[str, Any], path: Path | None) -> Settings:
    """Check the values of a file; relative paths in it are relative to it."""
    try:
        # Where the file lies is no setting, neither in the file nor in the environment.
        settings = Settings(**{"source_file": path} | values)
        if "source_file" in values:
            raise SettingsWrong(f"{path}: source_file: is not a setting.")
    except ValidationError as error:
        raise SettingsWrong(f"{_blamed(error, path)}: {in_words(error, Settings)}") from None
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
    """A path of the settings, relative to ``base``. Raises SettingsWrong for a home of nobody."""
    try:
        return base / path.expanduser()
    except RuntimeError as error:
        raise SettingsWrong(f"There is no home folder for {path.parts[0]} in {path}.") from error


def secret_reference(text: str) -> dict[str, str] | None:
    """Where a secret lies that is given as ``env:NAME`` or ``file:PATH``, as the file says it."""
    source, sign, place = text.partition(":")
    return {source: place} if sign and source in ("env", "file") else None


def secret_in_clear(name: str) -> UsageWrong:
    """The error for a secret among the words of a command."""
    return UsageWrong(
        f"{name} is a secret, and the words of a command can be seen by others on this machine.",
        to_do=f"Write --set {name}=file:PATH or --set {name}=env:VARIABLE.",
    )


def resolve_options(config: ConnectionConfig, base: Path) -> dict[str, Any]:
    """The connector's settings with secrets fetched. Raises SettingsWrong where one is missing."""
    return {key: _resolve(config, key, value, base) for key, value in config.options.items()}


def _resolve(config: ConnectionConfig, key: str, value: Any, base: Path) -> Any:
    if not isinstance(value, dict) or set(value) not in ({"env"}, {"file"}):
        return value
    where = f"connection {config.name}, {key}"
    if "env" in value:
        found = os.environ.get(str(value["env"]))
        if not found:
            raise SettingsWrong(f"The environment variable {value['env']} is not set ({where}).")
        return found
    path = absolute(Path(str(value["file"])), base)
    try:
        found = path.read_text(encoding=_UTF_8).strip()
    except OSError as error:
        raise SettingsWrong(
            f"The file {path} cannot be read: {error.strerror} ({where})."
        ) from error
    except ValueError as error:  # UnicodeDecodeError, or a name that no file can have
        raise SettingsWrong(f"The file {path} is not text in UTF-8 ({where}).") from error
    if not found:
        raise SettingsWrong(f"The file {path} is empty ({where}).")
    return found
