"""The section ``[notices]``: when you are told of trouble, and by which ways."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from regulars_connectors.bounds import said

from .section import Section

_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
_MAIL_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
MAIL = "mail"
"""The name of the way by mail among the names of web hooks."""


def _mail_address(text: str) -> str:
    if not _MAIL_ADDRESS.fullmatch(text):
        raise ValueError("is not a plain mail address: write one like anna@example.org")
    return text


def _reference(value: Any) -> Any:
    """A secret is named, never written down."""
    if not isinstance(value, dict) or set(value) not in ({"env"}, {"file"}):
        raise ValueError('is a secret: write { env = "NAME" } or { file = "path" }')
    if not all(isinstance(place, str) and place for place in value.values()):
        raise ValueError('is a secret: write { env = "NAME" } or { file = "path" }')
    return value


def _address_or_reference(value: Any) -> Any:
    if isinstance(value, str):
        check_hook_address(value)
        return value
    return _reference(value)


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(
            f"{said(text)} is not a host: write one like ntfy.example.org, or with :port"
        )
    return text


MailAddress = Annotated[str, AfterValidator(_mail_address)]
SecretReference = Annotated[dict[str, str], BeforeValidator(_reference)]
HookAddress = Annotated[str | dict[str, str], BeforeValidator(_address_or_reference)]
HostName = Annotated[str, AfterValidator(_host)]


class MailSettings(Section):
    """The mail server that carries notices, and who gets them."""

    host: str = Field(pattern=r"^[A-Za-z0-9._:-]+$", description="name of your mail server")
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="its port; 465 with tls, 587 with starttls, 25 with none unless set",
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="how the connection is encrypted; none is for a server on this machine",
    )
    username: str | None = Field(default=None, description="name to sign in with")
    password: SecretReference | None = Field(
        default=None, description="where the password lies: env or file"
    )
    sender: MailAddress = Field(description="address that the notices come from")
    recipients: tuple[MailAddress, ...] = Field(
        min_length=1, max_length=20, description="addresses that get the notices"
    )

    @model_validator(mode="after")
    def _is_safe(self) -> MailSettings:
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError('security = "none" is for a mail server on this machine alone')
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        return self

    @property
    def port_in_use(self) -> int:
        """The port of the settings, or the usual one for that security."""
        return self.port or {"tls": 465, "starttls": 587, "none": 25}[self.security]


class WebHookSettings(Section):
    """An address that notices are posted to."""

    name: str = Field(pattern=_NAME, description="short name of this way, for you")
    url: HookAddress = Field(
        description="address to post to, as text or as { env } or { file } where it is a secret"
    )
    shape: Literal["standard", "slack", "ntfy"] = Field(
        default="standard",
        description="form of the message: signed JSON, or what Slack or ntfy takes",
    )
    secret: SecretReference | None = Field(
        default=None, description="where the signing secret lies; standard needs one"
    )
    token: SecretReference | None = Field(
        default=None, description="where an access token lies, for an ntfy that asks for one"
    )

    @model_validator(mode="after")
    def _fits_its_shape(self) -> WebHookSettings:
        if self.name == MAIL:
            raise ValueError("the name mail belongs to [notices.mail]")
        if (self.shape == "standard") != (self.secret is not None):
            raise ValueError("secret goes with the shape standard, which needs one")
        if self.token is not None and self.shape != "ntfy":
            raise ValueError("token goes with the shape ntfy")
        return self


class NoticeSettings(Section):
    """When you are told of trouble, and by which ways."""

    after_hours: float = Field(
        default=24.0,
        ge=1,
        le=24 * 30,
        description="how long a connection may fail, or miss its look, before you are told",
    )
    disk_margin_mib: int = Field(
        default=300,
        ge=0,
        description="you are told when free space is within this of store.free_space_floor_mib",
    )
    listed_hosts: tuple[HostName, ...] = Field(
        default=(),
        description="hosts of web hooks that may have a private address, or another port than 443"
        " if written as host:port",
    )
    mail: MailSettings | None = Field(default=None, description="notices by mail")
    web_hooks: tuple[WebHookSettings, ...] = Field(
        default=(), max_length=10, description="notices by web hook"
    )

    @property
    def has_ways(self) -> bool:
        """Whether there is a way to say anything."""
        return self.mail is not None or bool(self.web_hooks)

    @model_validator(mode="after")
    def _names_are_unique(self) -> NoticeSettings:
        names = [hook.name for hook in self.web_hooks]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"duplicate web hook name {doubles[0]!r}")
        return self


def check_hook_address(url: str) -> None:
    """Raise ValueError unless it is https, or http on loopback, without a user or a fragment."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the address of a web hook is no address") from None
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not host or not is_plain or parts.username is not None or parts.fragment:
        raise ValueError("the address of a web hook must be plain: no user, blank or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("the address of a web hook must begin with https://")
