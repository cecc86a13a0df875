"""What a mailbox says before a sync: whether it opens, how it is protected, what would be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..contract import Finding, Preflight
from ..errors import ConnectorError
from ..instants import Instant
from ..plural import pluralize
from .client import Mailbox
from .folders import Chosen, choose
from .settings import ImapSettings

TOKEN_HOURS = 2
"""Access tokens live for an hour or a little more: one that is older was forgotten."""
_HOUR = 3_600_000_000
_MEANS = {
    "settings": "your settings name it", "mark": "the server marks it", "name": "its name says so",
}  # fmt: skip


def look(mailbox: Mailbox, settings: ImapSettings, now: Instant) -> Preflight:
    """The findings in the order in which a sync would meet them; it ends with the first error."""
    findings = [] if settings.oauth_file is None else _token(settings.oauth_file, now)
    try:
        listed = mailbox.folders()
        findings += [_login(settings), _protection(mailbox, settings)]
        chosen = choose(listed, settings)
        for one in chosen:
            mailbox.open_folder(one.name)
    except ConnectorError as error:
        name = "folders" if any(one.name == "login" for one in findings) else "login"
        return Preflight([*findings, Finding(name, "error", error.happened, error.to_do)])
    return Preflight([*findings, *_folders(chosen)])


def _token(path: Path, now: Instant) -> list[Finding]:
    """Whether the token file can be read, by nobody else, and is fresh. Its login says the rest."""
    try:
        status = path.stat()
        path.read_bytes()
    except OSError as error:
        return [
            Finding(
                "token", "error", f"The token file {path} cannot be read: {error.strerror}.",
                "Let the program that keeps the token fresh write it there, readable for Regulars.",
            )
        ]  # fmt: skip
    findings = []
    if status.st_mode & 0o077:
        findings.append(
            Finding(
                "token", "warning", f"{path} is open to other users of this machine.",
                f"chmod 600 {path}",
            )
        )  # fmt: skip
    hours = max(0, now - int(status.st_mtime * 1_000_000)) // _HOUR
    if hours >= TOKEN_HOURS:
        findings.append(
            Finding(
                "token", "warning", f"{path} was written {pluralize(hours, 'hour')} ago.",
                "See whether the program that keeps the token fresh still runs.",
            )
        )  # fmt: skip
    return findings or [Finding("token", "ok", f"{path} is readable and fresh.")]


def _login(settings: ImapSettings) -> Finding:
    how = "password" if settings.oauth_file is None else "token"
    return Finding("login", "ok", f"{settings.host} lets {settings.user} in by {how}.")


def _protection(mailbox: Mailbox, settings: ImapSettings) -> Finding:
    spoken = mailbox.protection()
    if spoken is None:
        return Finding("tls", "ok", f"Plain, which never leaves this machine ({settings.host}).")
    by = settings.ca_file or "this machine"
    return Finding("tls", "ok", f"{spoken}, with a certificate that {by} trusts.")


def _folders(chosen: Sequence[Chosen]) -> Iterator[Finding]:
    """What is read and how it was found, and what is missing."""
    names = ", ".join(f"{one.name} ({one.role}: {_MEANS[one.means]})" for one in chosen)
    if names:
        yield Finding("folders", "ok", f"A sync reads {names}.")
    if not any(one.role in ("inbox", "all") for one in chosen):
        yield Finding(
            "folders", "error", "No inbox was found, so no reply is read.",
            "Name the folders where replies lie in the settings, as folders.",
        )  # fmt: skip
    if not any(one.role in ("sent", "all") for one in chosen):
        yield Finding(
            "sent", "warning", "No folder of sent mail was found, so your answers stay unknown.",
            "Name it in the settings as sent_folder.",
        )  # fmt: skip
    if not any(one.role == "junk" for one in chosen):
        yield Finding(
            "junk", "ok",
            "No folder of junk was found: replies that lie there are not seen. junk_folder names"
            " it.",
        )  # fmt: skip
