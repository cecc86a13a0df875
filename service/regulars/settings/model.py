"""All settings: one file, overridden by environment variables, built by the caller and passed on.

Settings are read when the caller loads them, never at import. Secrets in a connection are written
``{ env = "NAME" }`` or ``{ file = "path" }``, fetched at loading, and never printed.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from regulars.errors import NothingHere
from regulars_connectors.bounds import said
from regulars_connectors.instants import check_zone

from .letters import LettersSettings
from .metrics import MetricSettings
from .notices import NoticeSettings
from .schedule import RuleText, ScheduleSettings
from .section import Section
from .server import ServerSettings

NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
FILE_NAME = "regulars.toml"
UTF_8 = "utf-8-sig"
"""Files that a person wrote may begin with a byte order mark: some editors put one there."""


TimeZone = Annotated[str, AfterValidator(check_zone)]


class StoreSettings(Section):
    """Where the data lie and how much of the machine they may use."""

    folder: Path = Field(
        default=Path("data"), description="folder of the store, made with mode 0700"
    )
    memory_limit_mib: int | None = Field(
        default=None,
        ge=64,
        description="memory that DuckDB may use, in MiB, before it spills to disk; a quarter of"
        " the machine's, 256 to 2,048, unless set",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="threads that DuckDB may use for one statement; one for each core unless set",
    )
    part_rows: int = Field(
        default=5_000,
        ge=1,
        description="rows of a pull that are committed together, the most that a crash repeats",
    )
    free_space_floor_mib: int = Field(
        default=200,
        ge=0,
        description="free disk space that a sync or rebuild needs to start, in MiB",
    )
    backup_days: int = Field(
        default=35,
        ge=1,
        le=3650,
        description="how long you keep backups: `regulars forget` names the day by which they go",
    )


_ORIGIN = re.compile(r"https?://[^\s/?#;,'\"]+")
_BASE_URL = re.compile(r"https?://[^\s?#;,'\"<>]+")


def _origin(text: str) -> str:
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is not an origin: write one like https://www.example.org, or *")
    return text


def is_base_url(text: str) -> bool:
    """Whether it may stand in front of a path: http or https, no query."""
    try:
        return bool(_BASE_URL.fullmatch(text) and urlsplit(text).hostname)
    except ValueError:
        return False


def _base_url(text: str) -> str:
    if not is_base_url(text):
        raise ValueError(f"{text!r} is not an address: write one like https://regulars.example.org")
    return text


_WIDGET_KEY = r"^wgt_[A-Za-z0-9_-]{22,86}$"
FormerKey = Annotated[str, Field(pattern=_WIDGET_KEY)]


class WidgetSettings(Section):
    """A public, read-only figure. It is off until you add it to the settings."""

    key: str = Field(
        pattern=_WIDGET_KEY,
        description="public name of the widget: wgt_ and at least 16 random bytes in base64url",
    )
    report: str = Field(
        default="house",
        pattern=NAME,
        description="the report that it shows, house or letters: they have a public figure",
    )
    min_group: int = Field(
        default=20, ge=10, le=1000, description="the fewest people for whom a figure is shown"
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


class ConnectionConfig(Section):
    """One connection as written in the file; ``options`` are the connector's own settings."""

    name: str = Field(pattern=NAME, description="name of the connection, unique in the file")
    connector: str = Field(
        description="which connector: beehiiv, ghost, files, or an installed one"
    )
    sync: RuleText | None = Field(
        default=None,
        description="when to sync by itself: `daily 05:15`, `every 15 minutes`, `before posts`,"
        " `off`, or cron text of five fields, in the publication's zone. Unless set, a provider of"
        " running totals has `before posts`, a folder of files `off`, any other a daily time",
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


PostName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}/.+$", max_length=1000)]
PostPair = tuple[PostName, PostName]


class PublicationSettings(Section):
    """One newsletter."""

    name: str = Field(pattern=NAME, description="short name, used in routes and commands")
    title: str | None = Field(default=None, description="display name (default: the short name)")
    time_zone: TimeZone = Field(default="UTC", description="zone of its days and weeks (IANA name)")
    paused: bool = Field(
        default=False, description="skip syncs and staleness warnings until resumed"
    )
    house_size: int = Field(
        default=300, ge=1, le=1_000_000, description="how many people the writer wants in the house"
    )
    regular_reads: int | None = Field(
        default=None, ge=1, le=52, description="k of the rule: read at least k of the last n posts"
    )
    regular_of: int | None = Field(
        default=None, ge=1, le=52, description="n of the rule (default: 8 weeks of posts, 4 to 8)"
    )
    same_posts: tuple[PostPair, ...] = Field(
        default=(),
        description="pairs of posts that are the same issue, each as CONNECTION/ID of the post",
    )
    different_posts: tuple[PostPair, ...] = Field(
        default=(),
        description="pairs of posts that are two issues, although they look like one",
    )
    connections: tuple[ConnectionConfig, ...] = Field(
        default=(), description="where its data come from"
    )
    widgets: tuple[WidgetSettings, ...] = Field(default=(), description="public figures")
    letters: LettersSettings = Field(
        default_factory=LettersSettings, description="mails between readers and you"
    )

    @model_validator(mode="after")
    def _rule(self) -> PublicationSettings:
        if self.regular_reads and self.regular_of and self.regular_reads > self.regular_of:
            raise ValueError("regular_reads must be at most regular_of")
        return self

    @model_validator(mode="after")
    def _posts_of_its_connections(self) -> PublicationSettings:
        """Posts that are named lie in two connections of this publication."""
        known = {connection.name for connection in self.connections}
        for setting in ("same_posts", "different_posts"):
            for pair in getattr(self, setting):
                named = [text.partition("/")[0] for text in pair]
                unknown = [name for name in named if name not in known]
                if unknown:
                    raise ValueError(f"{setting}: {unknown[0]!r} is not one of its connections")
                if named[0] == named[1]:
                    raise ValueError(
                        f"{setting}: {said(pair[0])} has to be paired with a post of"
                        " another connection"
                    )
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
    schedule: ScheduleSettings = ScheduleSettings()
    notices: NoticeSettings = NoticeSettings()
    metrics: MetricSettings = MetricSettings()
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
        _refuse_doubles("publication name", [publication.name for publication in self.publications])
        _refuse_doubles("connection name", [config.name for _, config in self.connections()])
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
        raise NothingHere(f"There is no publication named {said(name)!r} in the settings.")


def _refuse_doubles(what: str, names: list[str]) -> None:
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise ValueError(f"duplicate {what} {doubles[0]!r}")
