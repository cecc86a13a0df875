"""The ways out that the settings name: mail, and any number of web hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from regulars.errors import SettingsWrong
from regulars.settings import (
    MailSettings,
    Settings,
    WebHookSettings,
    check_hook_address,
    fetch_secret,
)
from regulars_connectors.contract import Clock
from regulars_connectors.http import Outgoing
from regulars_connectors.instants import Instant

from .findings import Notice
from .mail import send_mail
from .web_hook import HookSecrets, post_signed, post_words
from .words import body_of, subject_of, words_of

Shape = Literal["mail", "standard", "slack", "ntfy"]
MAIL = "mail"


@dataclass(frozen=True, slots=True)
class WayOut:
    """One way. name: unique in the settings. place: where it leads, without anything secret.

    deliver: says notices, in one message or each in its own. Raises NoticeUndelivered or
    SettingsWrong.
    """

    name: str
    shape: Shape
    place: str
    is_one_by_one: bool
    deliver: Callable[[Sequence[Notice], Instant], None]


@dataclass(frozen=True, slots=True)
class Network:
    """How long a way may take, in seconds, and whether the owner asked to stop."""

    clock: Clock
    mail_step_seconds: float = 20.0
    mail_seconds: float = 60.0
    hook_seconds: float = 30.0
    should_stop: Callable[[], bool] | None = None


def ways_out(settings: Settings, network: Network) -> list[WayOut]:
    """Every way of the settings. Secrets are fetched when one is used."""
    notices = settings.notices
    ways = [_by_mail(notices.mail, settings, network)] if notices.mail is not None else []
    return ways + [_by_hook(hook, settings, network) for hook in notices.web_hooks]


def _by_mail(mail: MailSettings, settings: Settings, network: Network) -> WayOut:
    floor = settings.store.free_space_floor_mib

    def deliver(notices: Sequence[Notice], now: Instant) -> None:
        password = None
        if mail.password is not None:
            password = fetch_secret(mail.password, _base(settings), "notices.mail.password")
        words = [words_of(notice, floor) for notice in notices]
        send_mail(
            mail,
            password,
            subject=subject_of(words),
            body=body_of(words),
            ids=" ".join(notice.id for notice in notices),
            now=now,
            step_seconds=network.mail_step_seconds,
            whole_seconds=network.mail_seconds,
        )

    return WayOut(MAIL, "mail", f"{mail.host}:{mail.port_in_use}", False, deliver)


def _by_hook(hook: WebHookSettings, settings: Settings, network: Network) -> WayOut:
    floor = settings.store.free_space_floor_mib
    outgoing = Outgoing(
        network.clock,
        frozenset(settings.notices.listed_hosts),
        network.hook_seconds,
        network.should_stop,
    )

    def deliver(notices: Sequence[Notice], now: Instant) -> None:
        secrets = _secrets(hook, _base(settings))
        words = [words_of(notice, floor) for notice in notices]
        if hook.shape == "standard":
            for notice, one in zip(notices, words, strict=True):
                post_signed(outgoing, secrets, notice, one, now)
        else:
            post_words(outgoing, hook, secrets, words)

    return WayOut(hook.name, hook.shape, f"web hook {hook.name}", hook.shape == "standard", deliver)


def _base(settings: Settings) -> Path:
    return settings.source_file.resolve().parent if settings.source_file else Path.cwd()


def _secrets(hook: WebHookSettings, base: Path) -> HookSecrets:
    def fetched(reference: dict[str, str] | None, name: str) -> str | None:
        where = f"notices.web_hooks, {hook.name}, {name}"
        return None if reference is None else fetch_secret(reference, base, where)

    if isinstance(hook.url, str):
        url = hook.url
    else:
        url = fetched(hook.url, "url") or ""
        try:
            check_hook_address(url)
        except ValueError as error:
            raise SettingsWrong(f"Web hook {hook.name}: {error}.") from None
    return HookSecrets(url, fetched(hook.secret, "secret"), fetched(hook.token, "token"))
