"""Checks for `regulars doctor`: settings, store, and every connection's preflight."""

from __future__ import annotations

import os
import shutil
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regulars.access.register import Register
from regulars.connections.accounts import account_of
from regulars.connections.factory import connect
from regulars.errors import RegularsError, SettingsWrong, StoreLocked
from regulars.replies.correspondence import reads_letters
from regulars.replies.making import tie_letters
from regulars.reports.engine.ask import find_public_report
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store, is_store
from regulars.store.hook_bodies import kept_bodies
from regulars.store.letter_counts import last_complete_sync, letter_counts
from regulars.store.posts_named import unknown_posts
from regulars.store.proven_backups import last_proven
from regulars.store.quarantine import describe, quarantined_days
from regulars.sync.queue import MAX_PARALLEL_ACCOUNTS
from regulars_connectors.contract import Finding, Preflight, Runtime
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import Instant, to_datetime
from regulars_connectors.plural import pluralize

_MIB = 1024 * 1024
_OLD_HOURS = 24
_ENOUGH_LETTERS = 10  # of fewer a share says nothing


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The findings of one check. connection: its name; None for settings, store and totals."""

    findings: Sequence[Finding]
    connection: str | None = None


def check_all(settings: Settings, runtime: Runtime) -> Iterator[CheckResult]:
    """Every check in order, each with its findings. A check that fails is a finding, too."""
    yield CheckResult([_settings_file(settings), *_folder(settings.store.folder), _room(settings)])
    yield CheckResult([_listening(settings), *_proxies(settings)])
    yield CheckResult(_store(settings, runtime))
    if quarantined := _quarantine(settings):
        yield CheckResult(quarantined)
    if is_store(settings.store.folder):
        yield CheckResult([_backup(settings.store.folder, runtime.clock())])
    if widgets := _widgets(settings):
        yield CheckResult(widgets)
    if not settings.connections():
        yield CheckResult([_no_connection()])
    pulls: dict[Hashable, list[Preflight]] = {}
    for publication, config in settings.connections():
        if publication.paused:
            yield CheckResult([_paused(publication, config)], config.name)
            continue
        preflight = _preflight_of(settings, config, runtime)
        pulls.setdefault(account_of(settings, config), []).append(preflight)
        yield CheckResult(_of_connection(config, preflight), config.name)
    yield from _all_pulls(pulls)


def _settings_file(settings: Settings) -> Finding:
    if settings.source_file is None:
        return Finding(
            "settings", "warning", "There is no settings file, so defaults apply.",
            "regulars init, or give your file with --config",
        )  # fmt: skip
    mode = settings.source_file.stat().st_mode & 0o077
    if mode & 0o022:
        return Finding(
            "settings", "warning", f"{settings.source_file} can be changed by other users.",
            f"chmod go-w {settings.source_file}",
        )  # fmt: skip
    return Finding("settings", "ok", f"{settings.source_file} is read.")


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        there = next(parent for parent in folder.parents if parent.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            what = "cannot be written to" if there.is_dir() else "is a file"
            yield Finding(
                "store folder", "error", f"{folder} cannot be created: {there} {what}.",
                "Name another folder in the settings (store.folder).",
            )  # fmt: skip
        else:
            yield Finding("store folder", "ok", f"The first sync creates {folder}.")
        return
    if not folder.is_dir():
        yield Finding(
            "store folder", "error", f"{folder} is a file, not a folder.",
            "Name another folder in the settings (store.folder).",
        )  # fmt: skip
        return
    if folder.stat().st_mode & 0o077:
        yield Finding(
            "store folder", "error", f"{folder} is open to other users of this machine.",
            f"chmod 700 {folder}",
        )  # fmt: skip
    else:
        yield Finding("store folder", "ok", f"{folder} is private.")


def _room(settings: Settings) -> Finding:
    folder = settings.store.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // _MIB
    if free < settings.store.free_space_floor_mib:
        return Finding(
            "disk", "error", f"Only {free} MiB are free: too little for a sync.",
            "Free space on that disk.",
        )  # fmt: skip
    return Finding("disk", "ok", f"{free:,} MiB are free.")


def _listening(settings: Settings) -> Finding:
    """What is open, and to whom."""
    server = settings.server
    if not server.is_loopback and not server.public_host:
        return Finding(
            "server", "error",
            f"`host` is {server.host}, where other machines reach it, and `public_host` is empty.",
            "Set `public_host` of [server] in the settings, or listen on 127.0.0.1.",
        )  # fmt: skip
    if not server.needs_authority:
        text = f"It listens on {server.host}: programs of this machine may ask without a key."
        return Finding("server", "ok", text)
    widgets = sum(len(publication.widgets) for publication in settings.publications)
    text = (
        f"It listens on {server.host} as {', '.join(server.public_host)}. Open to everybody:"
        f" {pluralize(widgets, 'widget')}, health checks, the page to sign in. All else needs a key"
        " or a sign-in."
    )
    return Finding("server", "ok", text)


def _proxies(settings: Settings) -> Iterator[Finding]:
    """A warning where keys and cookies travel unencrypted."""
    if settings.server.public_host and not settings.server.trusted_proxies:
        yield Finding(
            "proxy", "warning", "No proxy is trusted, so keys and cookies travel unencrypted.",
            "Put a proxy with TLS in front, and name its address in `trusted_proxies`.",
        )  # fmt: skip


def _who_may_ask(settings: Settings, store: Store, runtime: Runtime) -> Iterator[Finding]:
    """How many keys and sessions count, where one is needed."""
    if not settings.server.needs_authority:
        return
    register = Register(store, runtime.clock)
    keys = len(register.keys_in_force())
    sessions = len(register.sessions())
    if not keys and not sessions:
        yield Finding(
            "access", "warning", "No key and no session counts, so nobody gets in.",
            "regulars keys add NAME, or regulars sign-in",
        )  # fmt: skip
        return
    text = f"{pluralize(keys, 'key')} and {pluralize(sessions, 'session')} count."
    yield Finding("access", "ok", text)


def _store(settings: Settings, runtime: Runtime) -> list[Finding]:
    """Whether the store opens, who may ask, and what the settings name that it does not know."""
    if not is_store(settings.store.folder):
        return [Finding("store", "ok", "There is no store yet.")]
    try:
        with Store(settings.store, purpose="doctor") as store:
            notices = " ".join(store.notices)
            entries = pluralize(store.version, "journal entry", "journal entries")
            text = f"It opens, with {entries}. {notices}".strip()
            opens = Finding("store", "warning" if notices else "ok", text)
            who = _who_may_ask(settings, store, runtime)
            letters = _letters(settings, store, runtime)
            return [opens, *who, *_webhooks(store), *_unknown_posts(settings, store), *letters]
    except StoreLocked as error:
        return [Finding("store", "ok", f"It is in use: {error.happened}")]
    except RegularsError as error:
        return [Finding("store", "error", error.happened, error.to_do)]


def _webhooks(store: Store) -> list[Finding]:
    """Deliveries that alone carry a fact, such as an answer, and are no records yet."""
    waiting = kept_bodies(store, with_records=True)
    if not waiting:
        return []
    names = ", ".join(sorted({one.connection for one in waiting}))
    count = pluralize(len(waiting), "delivery waits", "deliveries wait")
    return [
        Finding(
            "webhooks", "warning", f"{count} to be read ({names}).",
            "Start `regulars serve`, which reads them. Its log names those that it cannot read.",
        )
    ]  # fmt: skip


def _unknown_posts(settings: Settings, store: Store) -> list[Finding]:
    return [
        Finding(
            "settings", "warning",
            f"`{setting}` of {publication.name} names the post {name}, which no sync has brought.",
            "Correct its id in the settings, or take the pair out.",
        )
        for publication in settings.publications
        for setting, name in unknown_posts(store, publication)
    ]  # fmt: skip


def _letters(settings: Settings, store: Store, runtime: Runtime) -> Iterator[Finding]:
    """When each mailbox was last read, and whether its letters find their posts."""
    for publication in settings.publications:
        if publication.paused:
            continue
        mailboxes = [one for one in publication.connections if reads_letters(one)]
        yield from (_last_read(one, store, runtime) for one in mailboxes)
        yield from _ties(publication, store)


def _last_read(config: ConnectionConfig, store: Store, runtime: Runtime) -> Finding:
    name = f"{config.name}: last sync"
    ended_at = last_complete_sync(store, config.name)
    if ended_at is None:
        return Finding(name, "ok", f"None has ended yet: regulars sync {config.name}")
    hours = max(0, int((to_datetime(runtime.clock()) - ended_at).total_seconds() // 3600))
    text = f"It ended {pluralize(hours, 'hour')} ago."
    # Files are read when the owner brings new ones.
    if hours >= _OLD_HOURS and config.connector == "imap" and config.sync != "off":
        fix = f"regulars sync {config.name}, or regulars serve, which syncs by itself"
        return Finding(name, "warning", text, fix)
    return Finding(name, "ok", text)


def _ties(publication: PublicationSettings, store: Store) -> Iterator[Finding]:
    tie_letters(store, publication)
    found = letter_counts(store, publication.name)
    if not found.letters:
        return
    name = f"{publication.name}: letters"
    share = f"{found.untied:,} of {pluralize(found.letters, 'letter')}"
    if not found.texts:
        yield Finding(
            name, "warning", "The text of no post is known, so quotes tie no letter.",
            "Subscribe yourself with an address of the mailbox: a copy of each issue serves.",
        )  # fmt: skip
    if found.letters >= _ENOUGH_LETTERS and 2 * found.untied > found.letters:
        yield Finding(
            name, "warning", f"{share} found no post.",
            "Sync your provider first. Name welcome mails and the like in `other_mails`. If the"
            " mailbox serves more than the newsletter, set `only_newsletter` to false.",
        )  # fmt: skip
    else:
        yield Finding(name, "ok", f"{share} found no post.")


def _quarantine(settings: Settings) -> list[Finding]:
    """What lies in the quarantine of the store; nothing where it is empty."""
    days = quarantined_days(settings.store.folder)
    if not days:
        return []
    by_repair = any(day.by_repair for day in days)
    return [Finding("quarantine", "warning" if by_repair else "ok", describe(days))]


def _backup(folder: Path, now: Instant) -> Finding:
    """How old the last proven backup is. A store without one is told, which is no warning."""
    proven = last_proven(folder)
    if proven is None:
        return Finding(
            "backup", "ok", "There is no proven backup yet: see `regulars backup --help`."
        )
    text = (
        f"The last proven backup is {pluralize(proven.days_old(now), 'day')} old: {proven.place}."
    )
    if proven.is_old(now):
        again = f"regulars backup {proven.place} && regulars verify {proven.place}"
        return Finding("backup", "warning", text, again)
    return Finding("backup", "ok", text)


def _widgets(settings: Settings) -> list[Finding]:
    """Each widget whose report has no public figure; nothing where all are right."""
    findings = []
    for widget in (one for publication in settings.publications for one in publication.widgets):
        try:
            find_public_report(settings, widget)
        except SettingsWrong as error:
            findings.append(Finding("widgets", "error", error.happened, error.to_do))
    return findings


def _no_connection() -> Finding:
    return Finding(
        "connections", "warning", "The settings name no connection.",
        "regulars init, or bring files: regulars import files FOLDER --publication NAME",
    )  # fmt: skip


def _paused(publication: PublicationSettings, config: ConnectionConfig) -> Finding:
    return Finding(config.name, "ok", f"{publication.name} is paused and was skipped.")


def _preflight_of(settings: Settings, config: ConnectionConfig, runtime: Runtime) -> Preflight:
    """The connector's preflight; an error becomes a finding without a name."""
    try:
        connector = connect(settings, config, runtime)
        try:
            return connector.preflight()
        finally:
            connector.close()
    except (RegularsError, ConnectorError) as error:
        return Preflight([Finding("", "error", error.happened, error.to_do)])


def _of_connection(config: ConnectionConfig, preflight: Preflight) -> list[Finding]:
    findings = [
        replace(found, name=f"{config.name}: {found.name}" if found.name else config.name)
        for found in preflight.findings
    ]
    if preflight.requests is not None and preflight.seconds is not None:
        text = f"A full pull takes {_length(preflight.requests, preflight.seconds)}."
        findings.append(Finding(f"{config.name}: size", "ok", text))
    return findings


def _all_pulls(pulls: dict[Hashable, list[Preflight]]) -> Iterator[CheckResult]:
    """How long everything takes: an account's pulls one after the other, accounts side by side."""
    sized = [
        preflight
        for looks in pulls.values()
        for preflight in looks
        if preflight.seconds is not None
    ]
    if len(sized) < 2:
        return
    requests = sum(preflight.requests or 0 for preflight in sized)
    per_account = [sum(preflight.seconds or 0 for preflight in looks) for looks in pulls.values()]
    seconds = max(*per_account, sum(per_account) / MAX_PARALLEL_ACCOUNTS)
    several = pluralize(len(sized), "connection")
    text = f"A full pull of {several} takes {_length(requests, seconds)}."
    yield CheckResult([Finding("all connections: size", "ok", text)])


def _length(requests: int, seconds: float) -> str:
    minutes = seconds / 60
    length = (
        f"{minutes:.0f} minutes" if minutes >= 2 else pluralize(max(1, round(seconds)), "second")
    )
    return f"about {pluralize(requests, 'request')} and {length}"
